"""payments_api.v1.AdminService: the methods about Stripe's events."""

from google.protobuf.message import Message
from payments_api.v1 import admin_service_pb2 as pb

from payments_service.application.events.ports import EventFilter
from payments_service.application.events.read import StripeEventReader
from payments_service.application.events.replay import Replay, ReplayEvents
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import time_from_message
from payments_service.transport.convert.inbox_event import STATE_FROM_MESSAGE, stripe_event_to_message
from payments_service.transport.idempotency import idempotent_request
from payments_service.transport.page_token import decode_page_token_with_id, encode_page_token, page_size
from payments_service.transport.replay import replayable


class AdminStripeEventHandlers:
    """Stripe's events in the inbox: see the service's own comments."""

    def __init__(self, reader: StripeEventReader, replay: ReplayEvents) -> None:
        self._reader = reader
        self._replay = replay

    async def list_stripe_events(self, request: pb.ListStripeEventsRequest, call: Call) -> Message:
        """List events, newest first."""
        before = decode_page_token_with_id(request, request.page_token)
        size = page_size(request.page_size)
        start, end = (
            time_from_message(getattr(request, field), field) if request.HasField(field) else None
            for field in ("receive_time_from", "receive_time_before")
        )
        which = EventFilter(
            states=frozenset(STATE_FROM_MESSAGE[state] for state in request.states if state),
            types=frozenset(request.types),
            stripe_account=request.stripe_account_id,
            receive_time_from=start,
            receive_time_before=end,
        )
        found = await self._reader.page(call.principal, which, before, size + 1)
        token = encode_page_token(request, found[size - 1].id.bytes) if len(found) > size else ""
        messages = [stripe_event_to_message(event) for event in found[:size]]
        return pb.ListStripeEventsResponse(stripe_events=messages, next_page_token=token)

    async def get_stripe_event(self, request: pb.GetStripeEventRequest, call: Call) -> Message:
        """Get one event with what may be shown of its body."""
        found = await self._reader.get(call.principal, request.id)
        return pb.GetStripeEventResponse(
            stripe_event=stripe_event_to_message(found.event), content_json=found.content, body_bytes=found.body_bytes
        )

    async def replay_stripe_events(self, request: pb.ReplayStripeEventsRequest, call: Call) -> Message:
        """Have events worked on once more."""
        what = Replay(names=tuple(request.ids), types=tuple(request.types))
        with replayable(call):
            completed = await self._replay(call.principal, idempotent_request(request, call), what)
        if completed.replayed:
            call.mark_replayed()
        return pb.ReplayStripeEventsResponse.FromString(completed.reply)
