"""Stripe's objects without a model of their own are kept as they were last seen, and warn of their payments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from payments_service.application.follow.news import News
from payments_service.application.follow.payments import payments_behind
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.payments.store import save_payment
from payments_service.application.ports import UnitOfWork
from payments_service.domain.observation import may_be_older
from payments_service.domain.payment.model import Payment
from payments_service.domain.stripe_object.model import ObjectKey, ObjectKind, ObjectSnapshot
from payments_service.domain.stripe_object.transitions import follow_object, risk_of

MODELLED = frozenset({ObjectKind.DISPUTE, ObjectKind.PAYOUT, ObjectKind.TRANSFER})
"""Kinds with a model of their own, which others follow."""


async def follow_objects(
    unit: UnitOfWork, news: News, event_ids: Mapping[str | ObjectKey, Sequence[str]], began: datetime
) -> None:
    """Keep objects as they are now, inside the transaction that commits them.

    Args:
        unit: the transaction.
        news: what Stripe said.
        event_ids: the events that led here, by object.
        began: database time before the news were fetched.

    Raises:
        StaleAnswerError: other news of the same objects came in between.
    """
    found = {
        key: said if isinstance(said, ObjectSnapshot) else None
        for key, said in news.objects.items()
        if key.kind not in MODELLED
    }
    if not found:
        return
    warned = await _warned(unit, found)
    payments = dict(warned)
    known = await unit.objects.lock(sorted(found))
    ended = await unit.now()
    for key, said in found.items():
        before = known.get(key)
        if before is not None and may_be_older(before.observed_time, began):
            raise StaleAnswerError
        led_here = event_ids.get(key, ())
        after = follow_object(before, key, said, event_id=led_here[-1] if led_here else "", ended=ended)
        await (unit.objects.save(after) if before else unit.objects.add(after))
        if said is not None and said.intent_id in payments:
            payments[said.intent_id] = _with_risk(payments[said.intent_id], key, said, ended)
    for intent_id, payment in payments.items():
        await save_payment(unit, warned[intent_id], payment)


async def _warned(unit: UnitOfWork, found: Mapping[ObjectKey, ObjectSnapshot | None]) -> dict[str, Payment]:
    """The locked payments that objects may warn of, by payment intent."""
    at = {
        said.intent_id: key.stripe_account
        for key, said in found.items()
        if said is not None and said.intent_id and risk_of(key, said) is not None
    }
    return await payments_behind(unit, dict.fromkeys(sorted(at), ""), at) if at else {}


def _with_risk(payment: Payment, key: ObjectKey, said: ObjectSnapshot, ended: datetime) -> Payment:
    flag = risk_of(key, said)
    if flag is None:
        return payment
    risks = {name: value for name, value in payment.risks.items() if name != key.id}
    if flag:
        risks[key.id] = flag
    return payment if risks == payment.risks else replace(payment, risks=risks, update_time=ended)
