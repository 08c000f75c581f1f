"""How far Stripe accounts have been looked through for lost events, in Postgres."""

from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.events.ports import DuePoll
from payments_service.storage.tables.payments import stripe_accounts as a


class EventPollRepository:
    """See `application.events.ports.EventPollStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lease_due(self, limit: int, platform: timedelta, connected: timedelta) -> list[DuePoll]:
        """See the port. The time of the last look is the lease: whoever fails leaves the account to the next turn."""
        now = func.clock_timestamp()
        rest = case((a.c.stripe_account == "", platform), else_=connected)
        due = (
            select(a.c.stripe_account)
            .where(or_(a.c.poll_time.is_(None), a.c.poll_time <= now - rest))
            .order_by(a.c.poll_time.nulls_first())
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        rows = await self._connection.execute(
            update(a)
            .where(a.c.stripe_account.in_(select(due.c.stripe_account)))
            .values(poll_time=now)
            .returning(a.c.stripe_account, a.c.poll_time, a.c.polled_through)
        )
        return [DuePoll(row.stripe_account, row.poll_time, row.polled_through) for row in rows]

    async def polled(self, stripe_account: str, through: datetime) -> None:
        """See the port. It never goes back."""
        await self._connection.execute(
            update(a)
            .where(a.c.stripe_account == stripe_account)
            .values(polled_through=func.greatest(a.c.polled_through, through))
        )
