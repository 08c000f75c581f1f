"""Stripe's events in the inbox, for those who look after the service."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.events.model import InboxEvent
from payments_service.application.events.ports import EventFilter
from payments_service.application.events.shown import shown_body
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event with what may be shown of its body.

    Attributes:
        content: JSON; empty when there is nothing to show.
        body_bytes: length of the body; 0 when it has been removed.
    """

    event: InboxEvent
    content: str
    body_bytes: int


class StripeEventReader:
    """ListStripeEvents and GetStripeEvent."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def page(self, principal: Principal, which: EventFilter, before: UUID | None, limit: int) -> list[InboxEvent]:
        """Events with ids below `before`, newest first."""
        require_operator(principal)
        return await self._transactions.run(lambda unit: unit.inbox.page(which, before, limit))

    async def get(self, principal: Principal, name: str) -> ShownEvent:
        """One event, by our id or Stripe's.

        Raises:
            PaymentsError: STRIPE_EVENT_NOT_FOUND.
        """
        require_operator(principal)
        return await self._transactions.run(lambda unit: _shown(unit, name))


async def events_named(unit: UnitOfWork, names: Sequence[str]) -> list[InboxEvent]:
    """The events with these ids, ours or Stripe's, in the order of the names, each once.

    Raises:
        PaymentsError: STRIPE_EVENT_NOT_FOUND; metadata `id` says which.
    """
    ours = {name: event_id for name in names if (event_id := parse_id(Prefix.STRIPE_EVENT, name))}
    found = await unit.inbox.find(list(ours.values()), [name for name in names if name not in ours])
    by_id = {event.id: event for event in found}
    by_stripe = {event.event_id: event for event in found}
    named: dict[UUID, InboxEvent] = {}
    for name in names:
        event = by_id.get(ours[name]) if name in ours else by_stripe.get(name)
        if event is None:
            raise PaymentsError(
                Reason.STRIPE_EVENT_NOT_FOUND,
                f"the inbox has no event {name}: use an id from ListStripeEvents, sev_… or evt_…",
                metadata={"id": name},
            )
        named[event.id] = event
    return list(named.values())


def require_operator(principal: Principal) -> None:
    """Refuse a token that acts for owners: events belong to none.

    Raises:
        PaymentsError: SCOPE_MISSING.
    """
    if principal.owner_ids is not None:
        raise PaymentsError(
            Reason.SCOPE_MISSING,
            "Stripe's events are not any owner's: use a token that is bound to no owner",
            metadata={"scope": "admin.read"},
        )


async def _shown(unit: UnitOfWork, name: str) -> ShownEvent:
    (event,) = await events_named(unit, [name])
    body = await unit.inbox.body(event.id)
    return ShownEvent(event, shown_body(body or b""), len(body or b""))
