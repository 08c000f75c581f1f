"""What a change of a refund means to other backends."""

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType, OutboxEvent, entered
from payments_service.domain.refund.model import Refund, RefundState

_TYPES = {
    RefundState.PENDING: EventType.REFUND_PENDING,
    RefundState.SUCCEEDED: EventType.REFUND_SUCCEEDED,
    RefundState.FAILED: EventType.REFUND_FAILED,
    RefundState.CANCELED: EventType.REFUND_CANCELED,
}


def refund_events(before: Refund | None, after: Refund) -> list[OutboxEvent]:
    """The events of a change.

    Args:
        before: as it was stored; None for a refund that is new.
        after: as it is stored now.
    """
    return [
        OutboxEvent(
            type=event_type,
            owner_id=after.owner_id,
            resource_id=format_id(Prefix.REFUND, after.id),
            reference=after.reference,
            state=after.state.value,
            livemode=after.livemode,
        )
        for event_type in entered(before.state if before else None, after.state, _TYPES)
    ]
