"""Holds that will expire, queued by their time."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.storage.tables.ledger import ledger_hold_expiries as t


class HoldExpiryRepository:
    """See `application.ledger.ports.HoldExpiryStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_due(self, limit: int) -> list[UUID]:
        """See the port. Rows that another worker has are passed over: its transaction is its lease."""
        query = (
            select(t.c.transaction_id)
            .where(_due(), or_(t.c.next_attempt_time.is_(None), t.c.next_attempt_time <= func.clock_timestamp()))
            .order_by(t.c.expire_time, t.c.transaction_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list((await self._connection.execute(query)).scalars())

    async def postpone(self, transaction_ids: Collection[UUID], seconds: float) -> None:
        """See the port."""
        later = func.clock_timestamp() + timedelta(seconds=seconds)
        await self._connection.execute(update(t).where(_due_of(transaction_ids)).values(next_attempt_time=later))

    async def done(self, transaction_ids: Collection[UUID]) -> None:
        """See the port."""
        await self._connection.execute(delete(t).where(_due_of(transaction_ids)))


def _due() -> ColumnElement[bool]:
    return t.c.expire_time <= func.clock_timestamp()


def _due_of(transaction_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Of some, those that are due: only these are looked at, so the key's first column leads to them."""
    return and_(_due(), t.c.transaction_id.in_(transaction_ids))
