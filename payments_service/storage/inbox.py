"""Stripe's events in Postgres: a queue by leases, where a row's next attempt is also the end of its lease."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.events.model import EventRow
from payments_service.storage.tables.payments import stripe_events as t

PENDING = "PENDING"
DONE = "DONE"
DEAD = "DEAD"
REFUSED = "REFUSED"


class InboxRepository:
    """See `application.ports.InboxStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lease_due(self, limit: int, seconds: float) -> tuple[datetime, list[EventRow]]:
        """See the port."""
        now = func.clock_timestamp()
        due = (
            select(t.c.id)
            .where(t.c.state == PENDING, t.c.next_attempt_time <= now)
            .order_by(t.c.next_attempt_time)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        rows = (
            await self._connection.execute(
                update(t)
                .where(t.c.id.in_(select(due.c.id)))
                .values(next_attempt_time=now + timedelta(seconds=seconds), attempts=t.c.attempts + 1)
                .returning(
                    t.c.id,
                    t.c.event_id,
                    t.c.type,
                    t.c.stripe_account,
                    t.c.object_type,
                    t.c.object_id,
                    t.c.related_ids,
                    t.c.attempts,
                    t.c.receive_time,
                )
            )
        ).all()
        began = await self._connection.scalar(select(now)) if rows else None
        events = sorted((EventRow(**row._mapping) for row in rows), key=lambda event: event.id)  # noqa: SLF001 - its public API
        return began or datetime.min.replace(tzinfo=UTC), events

    async def done(self, event_ids: Sequence[UUID]) -> None:
        """See the port."""
        await self._connection.execute(
            update(t).where(t.c.id.in_(event_ids)).values(state=DONE, done_time=func.clock_timestamp(), last_error="")
        )

    async def postpone(self, event_id: UUID, seconds: float, error: str) -> None:
        """See the port."""
        later = func.clock_timestamp() + timedelta(seconds=seconds)
        await self._connection.execute(
            update(t).where(t.c.id == event_id, t.c.state == PENDING).values(next_attempt_time=later, last_error=error)
        )

    async def park(self, event_id: UUID, error: str) -> None:
        """See the port."""
        await self._connection.execute(
            update(t).where(t.c.id == event_id, t.c.state == PENDING).values(state=DEAD, last_error=error)
        )
