"""The one way in which refunds are stored, and what they make of their payment."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from payments_service.application.ports import UnitOfWork
from payments_service.domain.payment.model import Payment
from payments_service.domain.refund.decide import refunded
from payments_service.domain.refund.events import refund_events
from payments_service.domain.refund.model import Refund


async def add_refund(unit: UnitOfWork, refund: Refund) -> None:
    """Store a new refund under its payment's lock, and tell whoever listens."""
    await unit.refunds.add(refund)
    await unit.outbox.add(refund_events(None, refund))


async def save_refund(unit: UnitOfWork, before: Refund, after: Refund) -> None:
    """Store what has become of a refund that was read under its payment's lock, and tell whoever listens."""
    if after == before:
        return
    await unit.refunds.save(after)
    await unit.outbox.add(refund_events(before, after))


def with_refunded(payment: Payment, refunds: Iterable[Refund], now: datetime) -> Payment:
    """The payment with the sum of its refunds, given all of them."""
    total = refunded(payment, refunds)
    return payment if total == payment.amount_refunded else replace(payment, amount_refunded=total, update_time=now)
