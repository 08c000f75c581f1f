"""Removing what is old, in Postgres.

Events are found by their ids, which begin with a time, so that no index has to be kept for it; keys, whose digests are
in no order, by going through the table a piece at a time.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.events.model import EventState
from payments_service.domain.ids import first_id_at
from payments_service.storage.tables.payments import idempotency_keys as k
from payments_service.storage.tables.payments import stripe_events as t

_REMOVABLE = (EventState.DONE.value, EventState.REFUSED.value)


class RetentionRepository:
    """See `application.events.ports.RetentionStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def remove_bodies(self, after: UUID, older_than: timedelta, limit: int) -> tuple[int, UUID | None]:
        """See the port."""
        before = first_id_at(await self._now() - older_than)
        rows = (
            await self._connection.execute(
                select(t.c.id, t.c.body.is_not(None).label("whole"))
                .where(t.c.id > after, t.c.id < before)
                .order_by(t.c.id)
                .limit(limit)
            )
        ).all()
        whole = [row.id for row in rows if row.whole]
        if whole:
            await self._connection.execute(update(t).where(t.c.id.in_(whole)).values(body=None))
        return len(whole), rows[-1].id if rows else None

    async def remove_events(self, older_than: timedelta, limit: int) -> int:
        """See the port."""
        before = first_id_at(await self._now() - older_than)
        old = (
            select(t.c.id)
            .where(t.c.id < before, t.c.state.in_(_REMOVABLE))
            .order_by(t.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("old")
        )
        result = await self._connection.execute(delete(t).where(t.c.id.in_(select(old.c.id))))
        return int(result.rowcount)

    async def remove_keys(self, after: bytes, older_than: timedelta, limit: int) -> tuple[int, bytes | None]:
        """See the port."""
        before = await self._now() - older_than
        rows = (
            await self._connection.execute(
                select(k.c.digest, k.c.complete_time).where(k.c.digest > after).order_by(k.c.digest).limit(limit)
            )
        ).all()
        old = [row.digest for row in rows if row.complete_time is not None and row.complete_time < before]
        if old:
            await self._connection.execute(delete(k).where(k.c.digest.in_(old), k.c.complete_time < before))
        return len(old), rows[-1].digest if rows else None

    async def _now(self) -> datetime:
        now: datetime = (await self._connection.execute(select(func.clock_timestamp()))).scalar_one()
        return now
