"""What a change of a payout means to other backends."""

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType, OutboxEvent, entered
from payments_service.domain.payout.model import Payout, PayoutState

_TYPES = {
    PayoutState.PENDING: EventType.PAYOUT_PENDING,
    PayoutState.IN_TRANSIT: EventType.PAYOUT_IN_TRANSIT,
    PayoutState.PAID: EventType.PAYOUT_PAID,
    PayoutState.FAILED: EventType.PAYOUT_FAILED,
    PayoutState.CANCELED: EventType.PAYOUT_CANCELED,
}


def payout_events(before: Payout | None, after: Payout) -> list[OutboxEvent]:
    """The events of a change.

    Args:
        before: as it was stored; None for a payout that is new.
        after: as it is stored now.
    """
    return [
        OutboxEvent(
            type=event_type,
            owner_id=after.owner_id,
            resource_id=format_id(Prefix.PAYOUT, after.id),
            state=after.state.value,
            livemode=after.livemode,
        )
        for event_type in entered(before.state if before else None, after.state, _TYPES)
    ]
