"""The one way in which connected accounts are stored."""

from payments_service.application.ports import UnitOfWork
from payments_service.domain.account.events import account_events
from payments_service.domain.account.model import ConnectedAccount


async def save_account(unit: UnitOfWork, before: ConnectedAccount, after: ConnectedAccount) -> None:
    """Store what has become of an account that was read under its lock, and tell whoever listens.

    Once Stripe's account is known, its balance transactions are to be booked: what came for it earlier was passed over.
    """
    if after == before:
        return
    await unit.accounts.save(after)
    await unit.outbox.add(account_events(before, after))
    if after.stripe_account and not before.stripe_account:
        await unit.settlement.mark_due([after.stripe_account])
