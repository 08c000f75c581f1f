"""The one way in which payments are stored."""

from collections.abc import Sequence

from payments_service.application.ports import UnitOfWork
from payments_service.domain.payment.events import payment_events
from payments_service.domain.payment.model import Payment


async def add_payment(unit: UnitOfWork, payment: Payment) -> None:
    """Store a new payment, and tell whoever listens."""
    await unit.payments.add(payment)
    await unit.outbox.add(payment_events(None, payment))


async def save_payment(unit: UnitOfWork, before: Payment, after: Payment) -> None:
    """Store what has become of a payment that was read under its lock, and tell whoever listens."""
    if after == before:
        return
    await unit.payments.save(after)
    await unit.outbox.add(payment_events(before, after))


async def save_payments(unit: UnitOfWork, changes: Sequence[tuple[Payment, Payment]]) -> None:
    """The same for many payments at once, each as it was and as it is now."""
    changed = [(before, after) for before, after in changes if after != before]
    if changed:
        await unit.payments.save_all([after for _, after in changed])
        await unit.outbox.add([event for before, after in changed for event in payment_events(before, after)])
