"""What is to be fetched from Stripe, and what came back."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import AccountSnapshot
from payments_service.domain.payment.model import IntentSnapshot
from payments_service.domain.refund.model import RefundSnapshot

FETCHES_MAX = 8
"""Objects that are fetched at the same time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Stripe's ids of what is to be followed.

    Attributes:
        intents: payment intents.
        refunds_of: payment intents whose refunds have changed.
        accounts: connected accounts.
    """

    intents: frozenset[str] = frozenset()
    refunds_of: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """What Stripe said, by its ids; what it does not know is left out.

    Attributes:
        refunds: all refunds of a payment intent, by the intent.
    """

    intents: Mapping[str, IntentSnapshot] = field(default_factory=dict)
    refunds: Mapping[str, list[RefundSnapshot]] = field(default_factory=dict)
    accounts: Mapping[str, AccountSnapshot] = field(default_factory=dict)


def merged(parts: Iterable[News]) -> News:
    """All of these news together; of an object that is in several, what the last one says."""
    whole: dict[str, dict[str, Any]] = {each.name: {} for each in fields(News)}
    for part in parts:
        for name, found in whole.items():
            found.update(getattr(part, name))
    return News(**whole)


class Fetcher:
    """Fetches objects, a few at a time."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe

    async def fetch(self, wanted: Wanted) -> News:
        """Ask Stripe for all that is wanted.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        gate = asyncio.Semaphore(FETCHES_MAX)
        intents, refunds, accounts = await asyncio.gather(
            _each(gate, wanted.intents, self._intent),
            _each(gate, wanted.refunds_of, self._stripe.refunds_of),
            _each(gate, wanted.accounts, self._account),
        )
        return News(intents, refunds, accounts)

    async def _intent(self, intent_id: str) -> IntentSnapshot | None:
        body = await self._stripe.fetch_intent(intent_id)
        return self._stripe.intent(body) if body else None

    async def _account(self, stripe_account: str) -> AccountSnapshot | None:
        body = await self._stripe.fetch_account(stripe_account)
        return self._stripe.account(body) if body else None


async def _each(
    gate: asyncio.Semaphore, ids: Collection[str], fetch: Callable[[str], Awaitable[T | None]]
) -> dict[str, T]:
    async def one(identifier: str) -> T | None:
        async with gate:
            return await fetch(identifier)

    ordered = sorted(ids)
    found = await asyncio.gather(*(one(identifier) for identifier in ordered))
    return {identifier: item for identifier, item in zip(ordered, found, strict=True) if item is not None}
