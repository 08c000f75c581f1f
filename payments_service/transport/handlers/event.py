"""payments_api.v1.EventService."""

import time

from google.protobuf.message import Message
from payments_api.v1 import event_service_pb2 as pb

from payments_service.application.outbox.pull import PullEvents
from payments_service.transport.call import Call
from payments_service.transport.convert.event import page_to_message, pull_from_message

REPLY_MARGIN_SECONDS = 0.5
"""How long before the call's deadline a wait ends, so that the caller gets a reply with a cursor and not an error."""


class EventHandlers:
    """Events: see the service's own comments."""

    def __init__(self, pull: PullEvents) -> None:
        self._pull = pull

    async def pull_events(self, request: pb.PullEventsRequest, call: Call) -> Message:
        """Get the events after a cursor, or wait for the next ones."""
        wait_until = time.monotonic() + request.wait.ToTimedelta().total_seconds()
        if call.deadline is not None:
            wait_until = min(wait_until, call.deadline - REPLY_MARGIN_SECONDS)
        page = await self._pull(call.principal, pull_from_message(request), wait_until=wait_until, resting=call.resting)
        return page_to_message(page)
