"""What is to be fetched from Stripe, and what came back."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, TypeVar

from payments_service.application.stripe import Said, Stripe
from payments_service.domain.account.model import AccountSnapshot
from payments_service.domain.dispute.model import DisputeSnapshot
from payments_service.domain.payment.model import IntentSnapshot
from payments_service.domain.refund.model import RefundSnapshot
from payments_service.domain.stripe_object.model import ObjectKey, ObjectSnapshot

FETCHES_MAX = 8
"""Objects that are fetched at the same time."""

T = TypeVar("T")
K = TypeVar("K", str, ObjectKey)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Stripe's ids of what is to be followed.

    Attributes:
        intents: payment intents.
        refunds_of: payment intents whose refunds have changed.
        accounts: connected accounts.
        objects: whatever else.
        at: the connected account that a payment intent is on, of those that are not the platform's.
    """

    intents: frozenset[str] = frozenset()
    refunds_of: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    objects: frozenset[ObjectKey] = frozenset()
    at: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """What Stripe said, by its ids; payment intents that it does not know are left out.

    Attributes:
        refunds: all refunds of a payment intent, by the intent.
        accounts: connected accounts; None for those that it does not show us (any more).
        objects: whatever else; None for what Stripe does not have (any more).
        at: the connected account that a payment intent is on, of those that are not the platform's.
    """

    intents: Mapping[str, IntentSnapshot] = field(default_factory=dict)
    refunds: Mapping[str, list[RefundSnapshot]] = field(default_factory=dict)
    accounts: Mapping[str, AccountSnapshot | None] = field(default_factory=dict)
    objects: Mapping[ObjectKey, Said | None] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)


def merged(parts: Iterable[News]) -> News:
    """All of these news together; of an object that is in several, what the last one says."""
    whole: dict[str, dict[Any, Any]] = {each.name: {} for each in fields(News)}
    for part in parts:
        for name, found in whole.items():
            found.update(getattr(part, name))
    return News(**whole)


class Fetcher:
    """Fetches objects, a few at a time."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe

    async def fetch(self, wanted: Wanted) -> News:
        """Ask Stripe for all that is wanted, and for the payment intents that the answers are about.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        gate = asyncio.Semaphore(FETCHES_MAX)
        objects = await _each(gate, wanted.objects, self._stripe.fetch_object)
        intents, refunds, accounts = await asyncio.gather(
            _each(gate, wanted.intents | _intents_of(objects), partial(self._intent, wanted.at)),
            _each(gate, wanted.refunds_of, lambda name: self._stripe.refunds_of(name, wanted.at.get(name, ""))),
            _each(gate, wanted.accounts, self._account),
        )
        return News(
            intents={name: said for name, said in intents.items() if said is not None},
            refunds=refunds,
            accounts=accounts,
            objects=objects,
            at=wanted.at,
        )

    async def _intent(self, at: Mapping[str, str], intent_id: str) -> IntentSnapshot | None:
        body = await self._stripe.fetch_intent(intent_id, at.get(intent_id, ""))
        return self._stripe.intent(body) if body else None

    async def _account(self, stripe_account: str) -> AccountSnapshot | None:
        body = await self._stripe.fetch_account(stripe_account)
        return self._stripe.account(body) if body else None


def _intents_of(objects: Mapping[ObjectKey, Said | None]) -> set[str]:
    """The platform's payment intents that objects are about: an event need not name them."""
    return {
        said.intent_id
        for key, said in objects.items()
        if isinstance(said, DisputeSnapshot | ObjectSnapshot) and said.intent_id and not key.stripe_account
    }


async def _each(gate: asyncio.Semaphore, ids: Collection[K], fetch: Callable[[K], Awaitable[T]]) -> dict[K, T]:
    async def one(identifier: K) -> T:
        async with gate:
            return await fetch(identifier)

    ordered = sorted(ids)
    found = await asyncio.gather(*(one(identifier) for identifier in ordered))
    return dict(zip(ordered, found, strict=True))
