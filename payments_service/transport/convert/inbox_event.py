"""Stripe's events in the inbox as messages."""

from payments_api.v1 import stripe_event_pb2

from payments_service.application.events.model import EventState, InboxEvent
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.basic import time_to_message

STATE_TO_MESSAGE = {state: f"STRIPE_EVENT_STATE_{state.value}" for state in EventState}
STATE_FROM_MESSAGE = {stripe_event_pb2.StripeEventState.Value(name): state for state, name in STATE_TO_MESSAGE.items()}


def stripe_event_to_message(event: InboxEvent) -> stripe_event_pb2.StripeEvent:
    """An event for a reply."""
    pending = event.state is EventState.PENDING
    return stripe_event_pb2.StripeEvent(
        id=format_id(Prefix.STRIPE_EVENT, event.id),
        stripe_event_id=event.event_id,
        type=event.type,
        stripe_account_id=event.stripe_account,
        livemode=event.livemode,
        state=STATE_TO_MESSAGE[event.state],
        object_type=event.object_type,
        object_id=event.object_id,
        related_ids=event.related_ids,
        endpoint=event.endpoint.lower(),
        attempts=event.attempts,
        last_error=event.last_error,
        create_time=time_to_message(event.create_time) if event.create_time else None,
        receive_time=time_to_message(event.receive_time),
        next_attempt_time=time_to_message(event.next_attempt_time) if pending else None,
        done_time=time_to_message(event.done_time) if event.done_time else None,
        api_version=event.api_version,
        request_id=event.request_id,
    )
