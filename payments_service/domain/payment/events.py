"""What a change of a payment means to other backends."""

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType, OutboxEvent, entered
from payments_service.domain.payment.model import Payment, PaymentState

_TYPES = {
    PaymentState.REQUIRES_ACTION: EventType.PAYMENT_REQUIRES_ACTION,
    PaymentState.PROCESSING: EventType.PAYMENT_PROCESSING,
    PaymentState.REQUIRES_CAPTURE: EventType.PAYMENT_AUTHORIZED,
    PaymentState.SUCCEEDED: EventType.PAYMENT_SUCCEEDED,
    PaymentState.CANCELED: EventType.PAYMENT_CANCELED,
    PaymentState.FAILED: EventType.PAYMENT_FAILED,
}


def payment_events(before: Payment | None, after: Payment) -> list[OutboxEvent]:
    """The events of a change, in the order in which they happened.

    Args:
        before: as it was stored; None for a payment that is new.
        after: as it is stored now.
    """
    types = [EventType.PAYMENT_ATTEMPT_FAILED] if _attempt_failed(before, after) else []
    types += entered(before.state if before else None, after.state, _TYPES)
    if after.risk_flags != (before.risk_flags if before else ()):
        types.append(EventType.PAYMENT_RISK_CHANGED)
    return [
        OutboxEvent(
            type=event_type,
            owner_id=after.owner_id,
            resource_id=format_id(Prefix.PAYMENT, after.id),
            reference=after.reference,
            state=after.state.value,
            livemode=after.livemode,
        )
        for event_type in types
    ]


def _attempt_failed(before: Payment | None, after: Payment) -> bool:
    """Whether a failure was recorded that was not there before.

    One that reads the same is another one when it is about another charge. A payment that was never created was never
    attempted either: that is `payment.failed` alone.
    """
    if after.failure is None or after.state is PaymentState.FAILED:
        return False
    if before is None or before.failure != after.failure:
        return True
    return before.charge_id not in ("", after.charge_id)
