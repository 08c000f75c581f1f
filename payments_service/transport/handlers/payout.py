"""payments_api.v1.PayoutService."""

from google.protobuf.message import Message
from payments_api.v1 import payout_service_pb2 as pb

from payments_service.application.follow.ports import PayoutFilter
from payments_service.application.payouts.read import PayoutReader
from payments_service.domain.ids import Prefix, parse_id
from payments_service.transport.call import Call
from payments_service.transport.convert.payout import STATE_FROM_MESSAGE, payout_to_message
from payments_service.transport.page_token import decode_page_token_with_id, encode_page_token, page_size


class PayoutHandlers:
    """Payouts: see the service's own comments."""

    def __init__(self, reader: PayoutReader) -> None:
        self._reader = reader

    async def get_payout(self, request: pb.GetPayoutRequest, call: Call) -> Message:
        """Get one payout."""
        if request.WhichOneof("key") == "stripe_payout_id":
            payout = await self._reader.by_stripe(call.principal, request.stripe_payout_id)
        else:
            payout = await self._reader.by_id(call.principal, request.payout_id)
        return pb.GetPayoutResponse(payout=payout_to_message(payout))

    async def list_payouts(self, request: pb.ListPayoutsRequest, call: Call) -> Message:
        """List payouts, newest first."""
        before = decode_page_token_with_id(request, request.page_token)
        size = page_size(request.page_size)
        which = _filter(request, call)
        found = await self._reader.page(which, before, size + 1) if which is not None else []
        token = encode_page_token(request, found[size - 1].id.bytes) if len(found) > size else ""
        return pb.ListPayoutsResponse(
            payouts=[payout_to_message(payout) for payout in found[:size]], next_page_token=token
        )


def _filter(request: pb.ListPayoutsRequest, call: Call) -> PayoutFilter | None:
    """The filter; None when it asks for what is no connected account's id."""
    account_id = parse_id(Prefix.CONNECTED_ACCOUNT, request.connected_account_id)
    if request.connected_account_id and account_id is None:
        return None
    return PayoutFilter(
        owner_ids=call.principal.among(request.owner_id),
        connected_account_id=account_id,
        platform_only=request.platform_only,
        states=frozenset(STATE_FROM_MESSAGE[state] for state in request.states if state in STATE_FROM_MESSAGE),
    )
