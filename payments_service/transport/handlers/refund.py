"""payments_api.v1.RefundService."""

from google.protobuf.message import Message
from payments_api.v1 import refund_service_pb2 as pb

from payments_service.application.ports import RefundFilter
from payments_service.application.refunds.create import CreateRefund, CreateRefundUseCase
from payments_service.application.refunds.read import RefundReader
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.refund.model import AbsorbBy, RefundReason
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import money_from_message
from payments_service.transport.convert.refund import (
    ABSORB_BY_FROM_MESSAGE,
    REASON_FROM_MESSAGE,
    STATE_FROM_MESSAGE,
    refund_to_message,
)
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.page_token import decode_page_token_with_id, encode_page_token, page_size
from payments_service.transport.replay import replayable


class RefundHandlers:
    """Refunds: see the service's own comments."""

    def __init__(self, create: CreateRefundUseCase, reader: RefundReader) -> None:
        self._create = create
        self._reader = reader

    async def create_refund(self, request: pb.CreateRefundRequest, call: Call) -> Message:
        """Refund a payment."""
        command = CreateRefund(
            payment_id=request.payment_id,
            amount=money_from_message(request.amount, "amount") if request.HasField("amount") else None,
            reason=REASON_FROM_MESSAGE.get(request.reason, RefundReason.UNSPECIFIED),
            absorb_by=ABSORB_BY_FROM_MESSAGE.get(request.absorb_by, AbsorbBy.UNSPECIFIED),
            reverse_transfer=request.reverse_transfer if request.HasField("reverse_transfer") else None,
            refund_platform_fee=request.refund_platform_fee,
            metadata=dict(request.metadata),
        )
        with replayable(call):
            completed = await self._create(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        return pb.CreateRefundResponse.FromString(completed.reply)

    async def get_refund(self, request: pb.GetRefundRequest, call: Call) -> Message:
        """Get one refund."""
        if request.WhichOneof("key") == "stripe_refund_id":
            refund = await self._reader.by_stripe(call.principal, request.stripe_refund_id)
        else:
            refund = await self._reader.by_id(call.principal, request.refund_id)
        return pb.GetRefundResponse(refund=refund_to_message(refund))

    async def list_refunds(self, request: pb.ListRefundsRequest, call: Call) -> Message:
        """List refunds, newest first."""
        before = decode_page_token_with_id(request, request.page_token)
        size = page_size(request.page_size)
        which = _filter(request, call)
        found = await self._reader.page(which, before, size + 1) if which is not None else []
        token = encode_page_token(request, found[size - 1].id.bytes) if len(found) > size else ""
        return pb.ListRefundsResponse(
            refunds=[refund_to_message(refund) for refund in found[:size]], next_page_token=token
        )


def _filter(request: pb.ListRefundsRequest, call: Call) -> RefundFilter | None:
    """The filter; None when it asks for the refunds of what is no payment's id."""
    payment_id = parse_id(Prefix.PAYMENT, request.payment_id)
    if request.payment_id and payment_id is None:
        return None
    return RefundFilter(
        owner_ids=call.principal.among(request.owner_id),
        payment_id=payment_id,
        states=frozenset(STATE_FROM_MESSAGE[state] for state in request.states if state in STATE_FROM_MESSAGE),
    )
