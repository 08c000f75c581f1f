"""payments_api.v1.PaymentService."""

from typing import Literal

from google.protobuf.message import Message
from payments_api.v1 import payment_service_pb2 as pb

from payments_service.application.payments.cancel import CancelPayment, CancelPaymentUseCase
from payments_service.application.payments.capture import CapturePayment, CapturePaymentUseCase
from payments_service.application.payments.confirm import ConfirmPayment, ConfirmPaymentUseCase
from payments_service.application.payments.create import CreatePayment, CreatePaymentUseCase, WantedSplit
from payments_service.application.payments.read import PaymentReader
from payments_service.application.ports import PaymentFilter
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import CaptureMethod, ChargeModel
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import money_from_message, time_from_message
from payments_service.transport.convert.payment import (
    CANCELLATION_REASONS,
    CAPTURE_METHOD_FROM_MESSAGE,
    MODEL_FROM_MESSAGE,
    STATE_FROM_MESSAGE,
    payment_to_message,
    purchase_to_message,
)
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.page_token import decode_page_token_with_id, encode_page_token, page_size
from payments_service.transport.replay import replayable


class PaymentHandlers:
    """Payments: see the service's own comments."""

    def __init__(
        self,
        create: CreatePaymentUseCase,
        confirm: ConfirmPaymentUseCase,
        capture: CapturePaymentUseCase,
        cancel: CancelPaymentUseCase,
        reader: PaymentReader,
    ) -> None:
        self._create = create
        self._confirm = confirm
        self._capture = capture
        self._cancel = cancel
        self._reader = reader

    async def create_payment(self, request: pb.CreatePaymentRequest, call: Call) -> Message:
        """Create a payment."""
        command = CreatePayment(
            owner_id=request.owner_id,
            amount=money_from_message(request.amount, "amount"),
            charge_model=MODEL_FROM_MESSAGE.get(request.charge_model, ChargeModel.PLATFORM),
            reference=request.reference,
            description=request.description,
            metadata=dict(request.metadata),
            payment_method=request.payment_method,
            confirm=request.confirm,
            return_url=request.return_url,
            capture_method=CAPTURE_METHOD_FROM_MESSAGE.get(request.capture_method, CaptureMethod.AUTOMATIC),
            connected_account_id=request.connected_account_id,
            platform_fee=_money(request, "platform_fee"),
            splits=tuple(
                WantedSplit(split.connected_account_id, money_from_message(split.amount, f"splits[{index}].amount"))
                for index, split in enumerate(request.splits)
            ),
        )
        with replayable(call):
            completed = await self._create(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        reply = pb.CreatePaymentResponse.FromString(completed.reply)
        reply.client_secret = completed.client_secret
        return reply

    async def confirm_payment(self, request: pb.ConfirmPaymentRequest, call: Call) -> Message:
        """Attempt a payment."""
        command = ConfirmPayment(request.payment_id, request.payment_method, request.return_url)
        with replayable(call):
            completed = await self._confirm(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        reply = pb.ConfirmPaymentResponse.FromString(completed.reply)
        reply.client_secret = completed.client_secret
        return reply

    async def capture_payment(self, request: pb.CapturePaymentRequest, call: Call) -> Message:
        """Capture an authorised payment."""
        command = CapturePayment(request.payment_id, _money(request, "amount"), _money(request, "platform_fee"))
        with replayable(call):
            completed = await self._capture(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        return pb.CapturePaymentResponse.FromString(completed.reply)

    async def cancel_payment(self, request: pb.CancelPaymentRequest, call: Call) -> Message:
        """Cancel a payment that is not paid."""
        command = CancelPayment(request.payment_id, CANCELLATION_REASONS.get(request.reason, ""))
        with replayable(call):
            completed = await self._cancel(call.principal, idempotent_request(request, call), command)
        if completed.replayed:
            call.mark_replayed()
        return pb.CancelPaymentResponse.FromString(completed.reply)

    async def get_payment(self, request: pb.GetPaymentRequest, call: Call) -> Message:
        """Get one payment."""
        match request.WhichOneof("key"):
            case "reference":
                payment = await self._reader.by_reference(call.principal, request.reference)
            case "stripe_payment_intent_id":
                payment = await self._reader.by_intent(call.principal, request.stripe_payment_intent_id)
            case _:
                payment = await self._reader.by_id(call.principal, request.payment_id)
        return pb.GetPaymentResponse(payment=payment_to_message(payment))

    async def list_payments(self, request: pb.ListPaymentsRequest, call: Call) -> Message:
        """List payments, newest first."""
        before = decode_page_token_with_id(request, request.page_token)
        size = page_size(request.page_size)
        which = _filter(request, call)
        found = await self._reader.page(which, before, size + 1) if which is not None else []
        token = encode_page_token(request, found[size - 1].id.bytes) if len(found) > size else ""
        messages = [payment_to_message(payment) for payment in found[:size]]
        return pb.ListPaymentsResponse(payments=messages, next_page_token=token)

    async def get_purchase(self, request: pb.GetPurchaseRequest, call: Call) -> Message:
        """Get what the payments behind a reference add up to."""
        purchase = await self._reader.purchase(call.principal, request.reference)
        return pb.GetPurchaseResponse(purchase=purchase_to_message(purchase))


def _money(request: Message, field: Literal["platform_fee", "amount"]) -> Money | None:
    """Money that may be left out."""
    return money_from_message(getattr(request, field), field) if request.HasField(field) else None


def _filter(request: pb.ListPaymentsRequest, call: Call) -> PaymentFilter | None:
    """The filter; None when it asks for payments to what is no account's id."""
    account_id = parse_id(Prefix.CONNECTED_ACCOUNT, request.connected_account_id)
    if request.connected_account_id and account_id is None:
        return None
    return PaymentFilter(
        owner_ids=call.principal.among(request.owner_id),
        reference=request.reference,
        states=frozenset(STATE_FROM_MESSAGE[state] for state in request.states if state in STATE_FROM_MESSAGE),
        create_time_from=time_from_message(request.create_time_from, "create_time_from")
        if request.HasField("create_time_from")
        else None,
        create_time_before=time_from_message(request.create_time_before, "create_time_before")
        if request.HasField("create_time_before")
        else None,
        needs_follow_up=request.needs_follow_up,
        connected_account_id=account_id,
    )
