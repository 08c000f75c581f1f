"""payments_api.internal.v1.StripeEventService."""

from google.protobuf.message import Message
from payments_api.internal.v1 import stripe_event_pb2
from payments_api.internal.v1 import stripe_event_service_pb2 as pb

from payments_service.application.events.model import StripeEvent
from payments_service.application.events.record import RecordEvent
from payments_service.domain.ids import new_id
from payments_service.transport.call import Call
from payments_service.transport.convert.basic import time_from_message

# A gateway may be newer than this service, so a category may be unknown here; an endpoint is checked by its rule.
_CATEGORIES = {
    value: name.removeprefix("STRIPE_EVENT_CATEGORY_") for name, value in stripe_event_pb2.StripeEventCategory.items()
}
_ENDPOINTS = {value: name.removeprefix("STRIPE_ENDPOINT_") for name, value in stripe_event_pb2.StripeEndpoint.items()}


class StripeEventHandlers:
    """What the webhook gateway calls."""

    def __init__(self, record: RecordEvent) -> None:
        self._record = record

    async def record_event(self, request: pb.RecordEventRequest, call: Call) -> Message:
        """Make an event durable."""
        envelope = request.envelope
        event = StripeEvent(
            id=new_id(),
            event_id=envelope.event_id,
            type=envelope.type,
            category=_CATEGORIES.get(envelope.category, "UNSPECIFIED"),
            stripe_account=envelope.stripe_account_id,
            livemode=envelope.livemode,
            create_time=time_from_message(envelope.create_time, "envelope.create_time")
            if envelope.HasField("create_time")
            else None,
            api_version=envelope.api_version,
            object_type=envelope.object_type,
            object_id=envelope.object_id,
            related_ids=dict(envelope.related_ids),
            endpoint=_ENDPOINTS[envelope.endpoint],
            secret_index=envelope.secret_index,
            request_id=call.request_id,
            body=request.body,
        )
        return pb.RecordEventResponse(duplicate=await self._record(event))
