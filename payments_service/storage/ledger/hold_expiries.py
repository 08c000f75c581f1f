"""Holds that will expire, queued by their time."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select
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
            .where(t.c.expire_time <= func.clock_timestamp())
            .order_by(t.c.expire_time, t.c.transaction_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list((await self._connection.execute(query)).scalars())

    async def done(self, transaction_ids: Collection[UUID]) -> None:
        """See the port."""
        # Only what is due is looked at, so the key's first column leads to it.
        await self._connection.execute(
            delete(t).where(t.c.expire_time <= func.clock_timestamp(), t.c.transaction_id.in_(transaction_ids))
        )
