"""What a batch of events asks for: what is to be fetched from Stripe, and which accounts are due for settlement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from payments_service.application.events.catalogue.model import Follow
from payments_service.application.events.effects import effect_of
from payments_service.application.events.model import EventRow
from payments_service.application.follow.news import Wanted
from payments_service.domain.stripe_object.model import SINGLETONS, ObjectKey


@dataclass(frozen=True, slots=True)
class Asked:
    """What events ask for.

    Attributes:
        wanted: what is to be fetched and followed.
        event_ids: Stripe's ids of the events about each payment intent and each other object.
        due: Stripe's ids of the accounts whose balance transactions are to be booked, in order; empty for the platform.
    """

    wanted: Wanted
    event_ids: Mapping[str | ObjectKey, Sequence[str]]
    due: tuple[str, ...]


def asked_by(events: Sequence[EventRow], direct: Collection[str] = ()) -> Asked:
    """What these events ask for, each thing once.

    Args:
        events: the events.
        direct: the payment intents on connected accounts that may be ours; what else those accounts do on their own is
            not followed by intent.
    """
    event_ids: dict[str | ObjectKey, list[str]] = {}
    intents = set()
    refunds_of = set()
    accounts = set()
    objects = set()
    at = {}
    for event in events:
        effect = effect_of(event.type)
        if effect.payment and event.intent_id and (not event.stripe_account or event.intent_id in direct):
            intents.add(event.intent_id)
            if event.stripe_account:
                at[event.intent_id] = event.stripe_account
            event_ids.setdefault(event.intent_id, []).append(event.event_id)
            if effect.refunds:
                refunds_of.add(event.intent_id)
        if effect.account and event.stripe_account:
            accounts.add(event.stripe_account)
        for key in filter(None, (_key(event, follow) for follow in effect.follows)):
            objects.add(key)
            event_ids.setdefault(key, []).append(event.event_id)
    return Asked(
        wanted=Wanted(frozenset(intents), frozenset(refunds_of), frozenset(accounts), frozenset(objects), at),
        event_ids=event_ids,
        due=tuple(sorted({event.stripe_account for event in events if effect_of(event.type).settles})),
    )


def _key(event: EventRow, follow: Follow) -> ObjectKey | None:
    """Which object is to be fetched; None when the event does not name it."""
    if follow.kind in SINGLETONS:
        return ObjectKey(event.stripe_account, follow.kind, follow.kind.value)
    object_id = event.related_ids.get(follow.via, "") if follow.via else event.object_id
    return ObjectKey(event.stripe_account, follow.kind, object_id) if object_id else None
