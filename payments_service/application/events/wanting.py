"""What a batch of events asks for: what is to be fetched from Stripe, and which accounts are due for settlement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payments_service.application.events.effects import Effect, effect_of
from payments_service.application.events.model import EventRow
from payments_service.application.follow.news import Wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """What events ask for.

    Attributes:
        wanted: what is to be fetched and followed.
        event_ids: Stripe's ids of the events about each payment intent.
        due: Stripe's ids of the accounts whose balance transactions are to be booked, in order; empty for the platform.
    """

    wanted: Wanted
    event_ids: Mapping[str, Sequence[str]]
    due: tuple[str, ...]


def asked_by(events: Sequence[EventRow]) -> Asked:
    """What these events ask for, each thing once."""
    event_ids: dict[str, list[str]] = {}
    refunds_of = set()
    accounts = set()
    for event in events:
        effect = effect_of(event.type)
        # Payments are the platform's: what connected accounts do on their own is not followed by intent.
        if Effect.PAYMENT in effect and event.intent_id and not event.stripe_account:
            event_ids.setdefault(event.intent_id, []).append(event.event_id)
            if Effect.REFUNDS in effect:
                refunds_of.add(event.intent_id)
        if Effect.ACCOUNT in effect and event.stripe_account:
            accounts.add(event.stripe_account)
    return Asked(
        wanted=Wanted(frozenset(event_ids), frozenset(refunds_of), frozenset(accounts)),
        event_ids=event_ids,
        due=tuple(sorted({event.stripe_account for event in events if Effect.SETTLE in effect_of(event.type)})),
    )
