"""Payments and their refunds follow payment intents and theirs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from payments_service.application.follow.news import News
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.payments.store import save_payments
from payments_service.application.ports import UnitOfWork
from payments_service.application.refunds.store import add_refund, save_refund, with_refunded
from payments_service.application.stripe import METADATA_PAYMENT
from payments_service.domain.ids import Prefix, new_id, parse_id
from payments_service.domain.money import Money
from payments_service.domain.observation import may_be_older as observed_later
from payments_service.domain.payment.model import IntentSnapshot, Payment
from payments_service.domain.payment.transitions import follow, may_be_older, with_events
from payments_service.domain.refund.model import Refund, RefundSnapshot
from payments_service.domain.refund.transitions import follow_refund, found_refund
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.stripe_object.model import ObjectKey


async def payments_behind(
    unit: UnitOfWork, hints: Mapping[str, str], at: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Payment]:
    """The locked payments behind payment intents.

    A payment is behind an intent on its own Stripe account only: whoever controls another account cannot speak for it.

    Args:
        unit: the transaction that locks them.
        hints: our payment id as the intent's metadata has it, or an empty text, by intent id. A hint counts only where
            the payment does not know its intent yet: metadata can be changed by anybody with access to the account.
        at: the connected account that an intent is on, by intent id, of those that are not the platform's.

    Returns:
        Payments by intent id; an intent that is not ours is left out.
    """
    known = await unit.payments.by_intent(sorted(hints))
    hinted = {intent: parse_id(Prefix.PAYMENT, text) for intent, text in hints.items() if intent not in known}
    wanted = set(known.values()) | {payment_id for payment_id in hinted.values() if payment_id is not None}
    locked = await unit.payments.lock(sorted(wanted))
    found = {intent: locked[payment_id] for intent, payment_id in known.items() if payment_id in locked}
    claims = Counter(payment_id for payment_id in hinted.values() if payment_id)
    for intent, payment_id in hinted.items():
        payment = locked.get(payment_id) if payment_id else None
        # Of two intents that claim one payment, nobody can tell here which is its own.
        if payment is not None and payment.intent_id in ("", intent) and claims[payment.id] == 1:
            found[intent] = payment
    return {intent: payment for intent, payment in found.items() if payment.stripe_account == at.get(intent, "")}


async def follow_payments(
    unit: UnitOfWork, news: News, event_ids: Mapping[str | ObjectKey, Sequence[str]], began: datetime
) -> list[tuple[Payment, IntentSnapshot]]:
    """Let payments and refunds follow, inside the transaction that commits them; what is not ours is passed over.

    Args:
        unit: the transaction.
        news: what Stripe said.
        event_ids: the events that led here, by intent id.
        began: database time before the news were fetched.

    Returns:
        Each payment that followed its intent, as it is now, and the intent.

    Raises:
        StaleAnswerError: other news of the same objects came in between.
    """
    hints = dict.fromkeys(news.refunds, "")
    hints |= {intent_id: intent.metadata.get(METADATA_PAYMENT, "") for intent_id, intent in news.intents.items()}
    found = await payments_behind(unit, hints, news.at)
    if not found:
        return []
    ended = await unit.now()
    refunds = await unit.refunds.of_payments(
        sorted(payment.id for intent_id, payment in found.items() if intent_id in news.refunds)
    )
    followed: list[tuple[Payment, IntentSnapshot]] = []
    changes: list[tuple[Payment, Payment]] = []
    for intent_id, before in found.items():
        payment = before
        intent = news.intents.get(intent_id)
        if intent is not None:
            if before.amount.currency != intent.amount.currency:
                continue  # a hint that does not fit: somebody else's intent names our payment
            if may_be_older(before, intent, began):
                raise StaleAnswerError
            payment = follow(before, intent, began=began, ended=ended)
            followed.append((payment, intent))
        if intent_id in news.refunds:
            known = refunds.get(payment.id, [])
            known = await _follow_refunds(unit, payment, known, news.refunds[intent_id], began, ended)
            payment = with_refunded(payment, known, ended)
        changes.append((before, with_events(payment, tuple(event_ids.get(intent_id, ())))))
    await save_payments(unit, changes)
    return followed


async def _follow_refunds(
    unit: UnitOfWork,
    payment: Payment,
    known: list[Refund],
    snapshots: Sequence[RefundSnapshot],
    began: datetime,
    ended: datetime,
) -> list[Refund]:
    """The payment's refunds after Stripe's list of them; also those that were made without us."""
    refunds = {refund.id: refund for refund in known}
    for snapshot in snapshots:
        before = refund_behind(known, snapshot)
        if before is None:
            after = found_refund(payment, snapshot, new_id(), ended=ended)
            await add_refund(unit, after)
        else:
            if observed_later(before.observed_time, began):
                raise StaleAnswerError
            after = follow_refund(before, snapshot, began=began, ended=ended)
            await save_refund(unit, before, after)
        refunds[after.id] = after
    return list(refunds.values())


def refund_behind(refunds: Sequence[Refund], snapshot: RefundSnapshot) -> Refund | None:
    """Which of a payment's refunds Stripe speaks of."""
    return _refund_named(refunds, snapshot.id, snapshot.hint, snapshot.amount)


def refund_behind_row(refunds: Sequence[Refund], row: BalanceTransaction) -> Refund | None:
    """Which of a payment's refunds a balance transaction is about."""
    return _refund_named(refunds, row.source_id, row.refund_hint, Money(abs(row.amount), row.currency))


def _refund_named(refunds: Sequence[Refund], stripe_id: str, hint: str, amount: Money) -> Refund | None:
    """By Stripe's id, or by ours in Stripe's metadata where that refund has no id of Stripe's yet.

    A hint must fit: the amounts are the same, unless the balance is in another currency than the payment.
    """
    for refund in refunds:
        if refund.stripe_refund_id == stripe_id:
            return refund
    hinted = parse_id(Prefix.REFUND, hint)
    for refund in refunds:
        fits = refund.amount == amount or refund.amount.currency != amount.currency
        if refund.id == hinted and not refund.stripe_refund_id and fits:
            return refund
    return None
