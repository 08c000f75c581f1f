"""Payments follow freshly fetched payment intents, whoever noticed that they should: an event or settlement."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from payments_service.application.ports import Stripe, UnitOfWork
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.payment.model import IntentSnapshot, Payment
from payments_service.domain.payment.transitions import follow, with_events

FETCHES_MAX = 8
"""Payment intents that are fetched at the same time."""

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


async def follow_intents(
    unit: UnitOfWork,
    intents: Iterable[IntentSnapshot],
    began: datetime,
    event_ids: Mapping[str, Sequence[str]],
) -> dict[str, UUID]:
    """Move our payments to where freshly fetched intents put them; intents that are not ours are passed over.

    Args:
        unit: the transaction.
        intents: as fetched.
        began: database time before the first fetch began.
        event_ids: the events that led here, by intent id.

    Returns:
        Ids of the payments by intent id.
    """
    by_id = {intent.id: intent for intent in intents}
    found = await payments_behind(
        unit, {intent.id: intent.metadata.get(METADATA_PAYMENT, "") for intent in by_id.values()}
    )
    if found:
        ended = await unit.now()
        for intent_id, payment in found.items():
            if payment.amount.currency != by_id[intent_id].amount.currency:
                continue  # a hint that does not fit: somebody else's intent names our payment
            moved = follow(payment, by_id[intent_id], began=began, ended=ended)
            await unit.payments.save(with_events(moved, tuple(event_ids.get(intent_id, ()))))
    return {intent_id: payment.id for intent_id, payment in found.items()}
