"""payments_api.internal.v1.StripeEventService."""

from collections.abc import Iterable

from google.protobuf.message import Message
from payments_api.internal.v1 import stripe_event_service_pb2 as pb
from protovalidate import Validator

from payments_service.application.events.model import StripeEvent
from payments_service.application.events.record import RecordEvents
from payments_service.domain.errors import PaymentsError
from payments_service.transport.call import Call
from payments_service.transport.convert.stripe_event import event_from_item, event_from_message, result_to_message
from payments_service.transport.violations import request_invalid


class StripeEventHandlers:
    """What the webhook gateway calls."""

    def __init__(self, record: RecordEvents) -> None:
        self._record = record
        self._validator = Validator()
        # Compiled here, so that a broken rule stops the start and not the first call.
        self._validator.collect_violations(pb.RecordEventsItem())

    async def record_event(self, request: pb.RecordEventRequest, call: Call) -> Message:
        """Make an event durable."""
        event = event_from_message(request.envelope, request.body, call.request_id)
        return pb.RecordEventResponse(duplicate=await self._record.one(event))

    async def record_events(self, request: pb.RecordEventsRequest, call: Call) -> Message:
        """Make several events durable; what is wrong with one of them is its own result."""
        return pb.RecordEventsResponse(results=await self._results(request.items, call))

    async def record_event_groups(self, request: pb.RecordEventGroupsRequest, call: Call) -> Message:
        """As `record_events`, for one request of a stream."""
        return pb.RecordEventGroupsResponse(results=await self._results(request.items, call))

    async def _results(self, items: Iterable[pb.RecordEventsItem], call: Call) -> list[pb.RecordEventsResult]:
        read = [self._read(item, call) for item in items]
        events = [one for one in read if isinstance(one, StripeEvent)]
        stored = iter(await self._record.many(events) if events else ())
        results = [one if isinstance(one, PaymentsError) else next(stored) for one in read]
        return [result_to_message(result, call.request_id) for result in results]

    def _read(self, item: pb.RecordEventsItem, call: Call) -> StripeEvent | PaymentsError:
        try:
            event = event_from_item(item, call.request_id)
        except PaymentsError as error:
            return error
        return event or request_invalid(item, self._validator.collect_violations(item))
