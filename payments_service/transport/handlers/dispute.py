"""payments_api.v1.DisputeService."""

from google.protobuf.message import Message
from payments_api.v1 import dispute_service_pb2 as pb

from payments_service.application.disputes.read import DisputeReader
from payments_service.application.follow.ports import DisputeFilter
from payments_service.domain.ids import Prefix, parse_id
from payments_service.transport.call import Call
from payments_service.transport.convert.dispute import STATE_FROM_MESSAGE, dispute_to_message
from payments_service.transport.page_token import decode_page_token_with_id, encode_page_token, page_size


class DisputeHandlers:
    """Disputes: see the service's own comments."""

    def __init__(self, reader: DisputeReader) -> None:
        self._reader = reader

    async def get_dispute(self, request: pb.GetDisputeRequest, call: Call) -> Message:
        """Get one dispute."""
        if request.WhichOneof("key") == "stripe_dispute_id":
            dispute = await self._reader.by_stripe(call.principal, request.stripe_dispute_id)
        else:
            dispute = await self._reader.by_id(call.principal, request.dispute_id)
        return pb.GetDisputeResponse(dispute=dispute_to_message(dispute))

    async def list_disputes(self, request: pb.ListDisputesRequest, call: Call) -> Message:
        """List disputes, newest first."""
        before = decode_page_token_with_id(request, request.page_token)
        size = page_size(request.page_size)
        which = _filter(request, call)
        found = await self._reader.page(which, before, size + 1) if which is not None else []
        token = encode_page_token(request, found[size - 1].id.bytes) if len(found) > size else ""
        return pb.ListDisputesResponse(
            disputes=[dispute_to_message(dispute) for dispute in found[:size]], next_page_token=token
        )


def _filter(request: pb.ListDisputesRequest, call: Call) -> DisputeFilter | None:
    """The filter; None when it asks for what is no payment's or account's id."""
    payment_id = parse_id(Prefix.PAYMENT, request.payment_id)
    account_id = parse_id(Prefix.CONNECTED_ACCOUNT, request.connected_account_id)
    if (request.payment_id and payment_id is None) or (request.connected_account_id and account_id is None):
        return None
    return DisputeFilter(
        owner_ids=call.principal.among(request.owner_id),
        payment_id=payment_id,
        connected_account_id=account_id,
        states=frozenset(STATE_FROM_MESSAGE[state] for state in request.states if state in STATE_FROM_MESSAGE),
    )
