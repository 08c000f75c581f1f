"""What a change of a dispute means to other backends."""

from payments_service.domain.dispute.model import Dispute, DisputeState
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType, OutboxEvent, entered

_TYPES = {
    DisputeState.WARNING_NEEDS_RESPONSE: EventType.DISPUTE_INQUIRY,
    DisputeState.WARNING_UNDER_REVIEW: EventType.DISPUTE_INQUIRY,
    DisputeState.WARNING_CLOSED: EventType.DISPUTE_CLOSED,
    DisputeState.NEEDS_RESPONSE: EventType.DISPUTE_NEEDS_RESPONSE,
    DisputeState.UNDER_REVIEW: EventType.DISPUTE_UNDER_REVIEW,
    DisputeState.WON: EventType.DISPUTE_WON,
    DisputeState.LOST: EventType.DISPUTE_LOST,
    DisputeState.PREVENTED: EventType.DISPUTE_CLOSED,
}


def dispute_events(before: Dispute | None, after: Dispute) -> list[OutboxEvent]:
    """The events of a change.

    Args:
        before: as it was stored; None for a dispute that is new.
        after: as it is stored now.
    """
    return [
        OutboxEvent(
            type=event_type,
            owner_id=after.owner_id,
            resource_id=format_id(Prefix.DISPUTE, after.id),
            reference=after.reference,
            state=after.state.value,
            livemode=after.livemode,
        )
        for event_type in entered(before.state if before else None, after.state, _TYPES)
    ]
