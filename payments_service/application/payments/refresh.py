"""Payments follow freshly fetched payment intents, whoever noticed that they should: an event or settlement."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Stripe, Transactions, UnitOfWork
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.payment.model import IntentSnapshot, Payment
from payments_service.domain.payment.transitions import follow, may_be_older, with_events

FETCHES_MAX = 8
"""Payment intents that are fetched at the same time."""

LOOKS_MAX = 5
"""How often intents are fetched again because other news of their payments came in between."""

METADATA_PAYMENT = "payments_payment_id"
"""The key under which Stripe's metadata holds our payment id."""


class IntentFetcher:
    """Fetches payment intents, a few at a time."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe

    async def fetch(self, intent_ids: Collection[str]) -> dict[str, IntentSnapshot]:
        """The intents that exist at Stripe, by id.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        gate = asyncio.Semaphore(FETCHES_MAX)

        async def one(intent_id: str) -> IntentSnapshot | None:
            async with gate:
                body = await self._stripe.fetch_intent(intent_id)
            return self._stripe.intent(body) if body else None

        ordered = sorted(intent_ids)
        found = await asyncio.gather(*(one(intent_id) for intent_id in ordered))
        return {intent_id: intent for intent_id, intent in zip(ordered, found, strict=True) if intent}


async def payments_behind(unit: UnitOfWork, hints: Mapping[str, str]) -> dict[str, Payment]:
    """The locked payments behind payment intents.

    Args:
        unit: the transaction that locks them.
        hints: our payment id as the intent's metadata has it, or an empty text, by intent id. A hint counts only where
            the payment does not know its intent yet: metadata can be changed by anybody with access to the account.

    Returns:
        Payments by intent id; an intent that is not ours is left out.
    """
    known = await unit.payments.by_intent(sorted(hints))
    hinted = {intent: parse_id(Prefix.PAYMENT, text) for intent, text in hints.items() if intent not in known}
    wanted = set(known.values()) | {payment_id for payment_id in hinted.values() if payment_id is not None}
    locked = await unit.payments.lock(sorted(wanted))
    found = {intent: locked[payment_id] for intent, payment_id in known.items() if payment_id in locked}
    for intent, payment_id in hinted.items():
        payment = locked.get(payment_id) if payment_id else None
        if payment is not None and payment.intent_id in ("", intent):
            found[intent] = payment
    return found


class IntentFollower:
    """Moves our payments to where Stripe's payment intents are."""

    def __init__(self, transactions: Transactions, fetcher: IntentFetcher) -> None:
        self._transactions = transactions
        self._fetcher = fetcher

    async def follow(
        self,
        intent_ids: Collection[str],
        *,
        event_ids: Mapping[str, Sequence[str]] | None = None,
        began: datetime | None = None,
        also: Callable[[UnitOfWork], Awaitable[None]] | None = None,
    ) -> None:
        """Fetch intents and let our payments follow them in one transaction; what is not ours is passed over.

        Args:
            intent_ids: Stripe's ids.
            event_ids: the events that led here, by intent id.
            began: a database time from before now, if one is at hand.
            also: what else is to be committed with it.

        Raises:
            StaleAnswerError: other news of the same payments kept coming in between.
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        for _ in range(LOOKS_MAX):
            if began is None:
                began = await self._transactions.run(lambda unit: unit.now())
            intents = await self._fetcher.fetch(intent_ids)
            try:
                return await self._transactions.run(partial(_commit, intents, event_ids or {}, began, also))
            except StaleAnswerError:
                began = None
        raise StaleAnswerError


async def _commit(
    intents: Mapping[str, IntentSnapshot],
    event_ids: Mapping[str, Sequence[str]],
    began: datetime,
    also: Callable[[UnitOfWork], Awaitable[None]] | None,
    unit: UnitOfWork,
) -> None:
    hints = {intent_id: intent.metadata.get(METADATA_PAYMENT, "") for intent_id, intent in intents.items()}
    found = await payments_behind(unit, hints)
    ended = await unit.now() if found else began
    for intent_id, payment in found.items():
        intent = intents[intent_id]
        if payment.amount.currency != intent.amount.currency:
            continue  # a hint that does not fit: somebody else's intent names our payment
        if may_be_older(payment, intent, began):
            raise StaleAnswerError
        moved = follow(payment, intent, began=began, ended=ended)
        await unit.payments.save(with_events(moved, tuple(event_ids.get(intent_id, ()))))
    if also is not None:
        await also(unit)
