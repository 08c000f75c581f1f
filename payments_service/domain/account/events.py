"""What a change of a connected account means to other backends."""

from dataclasses import replace

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType, OutboxEvent


def account_events(before: ConnectedAccount | None, after: ConnectedAccount) -> list[OutboxEvent]:
    """The events of a change: one when anything changed that callers can see.

    Args:
        before: as it was stored; None for an account that is new.
        after: as it is stored now.
    """
    if before is not None and _shown(before, after) == after:
        return []
    return [
        OutboxEvent(
            type=EventType.ACCOUNT_UPDATED,
            owner_id=after.owner_id,
            resource_id=format_id(Prefix.CONNECTED_ACCOUNT, after.id),
            state=after.state.value,
            livemode=after.livemode,
        )
    ]


def _shown(before: ConnectedAccount, after: ConnectedAccount) -> ConnectedAccount:
    """`before` with the times of `after`: times alone are no news."""
    return replace(before, observed_time=after.observed_time, update_time=after.update_time)
