"""The inbox as a queue in Postgres, by leases.

A row is leased while its `lease_until` is ahead. Workers take rows with SKIP LOCKED, so they never wait for each other,
and never rows about an object of which another row is leased. Two that lease at the same instant may still both come by
the same object; then one of them finds its answer stale and asks again, as when an event and a call cross.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.events.model import EventRow, EventState
from payments_service.application.events.ports import InboxDepth, Lease
from payments_service.storage.among import among
from payments_service.storage.tables.payments import EVENT_SUBJECT
from payments_service.storage.tables.payments import stripe_events as t

SUSPECT_ATTEMPTS = 3
"""After so many attempts an event is tried alone: whatever is wrong with it, it shall not take others with it."""

_SUBJECT = {name: re.sub(r"(related_ids|object_id|event_id)", rf"{name}.\1", EVENT_SUBJECT) for name in ("e", "o", "m")}
"""What an event is about, by the name that a statement gives the table."""

_HOLD = """
UPDATE stripe_events t
SET lease_id = :lease_id, lease_until = statement_timestamp() + :duration, attempts = t.attempts + 1
FROM chosen WHERE t.id = chosen.id AND (t.lease_until IS NULL OR t.lease_until <= statement_timestamp())
RETURNING t.id, t.event_id, t.type, t.stripe_account, t.object_type, t.object_id, t.related_ids, t.attempts,
          t.receive_time, chosen.subject, chosen.due, statement_timestamp() AS now
"""

_LEASE = text(
    f"""
WITH firsts AS (
    SELECT e.id, e.stripe_account, e.next_attempt_time, {_SUBJECT["e"]} AS subject
    FROM stripe_events e
    WHERE e.state = 'PENDING' AND e.next_attempt_time <= statement_timestamp() AND e.attempts < :suspect
      AND (e.lease_until IS NULL OR e.lease_until <= statement_timestamp())
      AND NOT EXISTS (
          SELECT 1 FROM stripe_events o
          WHERE o.state = 'PENDING' AND {_SUBJECT["o"]} = {_SUBJECT["e"]} AND o.stripe_account = e.stripe_account
            AND (o.lease_until > statement_timestamp()
                 OR (o.id < e.id AND o.next_attempt_time <= statement_timestamp() AND o.attempts < :suspect))
      )
    ORDER BY e.next_attempt_time LIMIT :limit FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT m.id, f.subject, f.next_attempt_time AS due
    FROM firsts f JOIN stripe_events m ON {_SUBJECT["m"]} = f.subject AND m.stripe_account = f.stripe_account
    WHERE m.state = 'PENDING' AND m.next_attempt_time <= statement_timestamp() AND m.attempts < :suspect
    ORDER BY f.next_attempt_time, f.id, m.id LIMIT :limit
)
{_HOLD}"""  # noqa: S608 - constants
)
"""First the oldest due event of each object that nobody is at, locked; then with it all others about it.

That the row itself is not leased stands in it too, and again where it is taken: these conditions are looked at anew
when somebody else's lease was committed in between, and those about other rows are not.
"""

_LEASE_SUSPECT = text(
    f"""
WITH chosen AS (
    SELECT e.id, {_SUBJECT["e"]} AS subject, e.next_attempt_time AS due
    FROM stripe_events e
    WHERE e.state = 'PENDING' AND e.next_attempt_time <= statement_timestamp() AND e.attempts >= :suspect
      AND (e.lease_until IS NULL OR e.lease_until <= statement_timestamp())
    ORDER BY e.next_attempt_time LIMIT 1 FOR UPDATE SKIP LOCKED
)
{_HOLD}"""  # noqa: S608 - constants
)

_DEPTH = text(
    """
SELECT count(*) AS pending, coalesce(extract(epoch FROM clock_timestamp() - min(receive_time)), 0) AS oldest,
       (SELECT count(*) FROM stripe_events WHERE state = 'DEAD') AS dead
FROM stripe_events WHERE state = 'PENDING'
"""
)
"""Two partial indexes that hold what waits and nothing else."""


class EventQueueRepository:
    """See `application.events.ports.EventQueue`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lease(self, lease_id: UUID, limit: int, seconds: float) -> Lease:
        """See the port."""
        duration = timedelta(seconds=seconds)
        parameters = {"lease_id": lease_id, "duration": duration, "limit": limit, "suspect": SUSPECT_ATTEMPTS}
        return _lease(lease_id, await self._connection.execute(_LEASE, parameters))

    async def lease_suspect(self, lease_id: UUID, seconds: float) -> Lease:
        """See the port."""
        parameters = {"lease_id": lease_id, "duration": timedelta(seconds=seconds), "suspect": SUSPECT_ATTEMPTS}
        return _lease(lease_id, await self._connection.execute(_LEASE_SUSPECT, parameters))

    async def renew(self, lease: Lease, seconds: float) -> None:
        """See the port."""
        ids = [event.id for event in lease.events]
        await self._connection.execute(
            update(t)
            .where(among(t.c.id, ids), t.c.lease_id == lease.id, t.c.lease_until.is_not(None))
            .values(lease_until=func.clock_timestamp() + timedelta(seconds=seconds))
        )

    async def done(self, event_ids: Sequence[UUID]) -> datetime:
        """See the port."""
        now = func.clock_timestamp()
        result = await self._connection.execute(
            update(t)
            .where(among(t.c.id, event_ids))
            .values(state=EventState.DONE.value, done_time=now, last_error="", lease_until=None)
            .returning(now)
        )
        done: datetime = max(result.scalars())
        return done

    async def release(self, event_ids: Sequence[UUID], seconds: float, error: str) -> None:
        """See the port."""
        await self._put_back(event_ids, seconds, error, attempts=func.greatest(t.c.attempts - 1, 0))

    async def postpone(self, event_ids: Sequence[UUID], seconds: float, error: str) -> None:
        """See the port."""
        await self._put_back(event_ids, seconds, error)

    async def park(self, event_ids: Sequence[UUID], error: str) -> None:
        """See the port."""
        await self._connection.execute(
            update(t)
            .where(among(t.c.id, event_ids), t.c.state == EventState.PENDING.value)
            .values(state=EventState.DEAD.value, last_error=error, lease_until=None)
        )

    async def depth(self) -> InboxDepth:
        """See the port."""
        row = (await self._connection.execute(_DEPTH)).one()
        return InboxDepth(pending=row.pending, oldest_seconds=max(0.0, float(row.oldest)), dead=row.dead)

    async def _put_back(self, event_ids: Sequence[UUID], seconds: float, error: str, **values: Any) -> None:  # noqa: ANN401
        later = func.clock_timestamp() + timedelta(seconds=seconds)
        await self._connection.execute(
            update(t)
            .where(among(t.c.id, event_ids), t.c.state == EventState.PENDING.value)
            .values(next_attempt_time=later, last_error=error, lease_until=None, **values)
        )


def _lease(lease_id: UUID, result: CursorResult[Any]) -> Lease:
    rows = sorted(result.all(), key=lambda row: (row.due, row.subject, row.id))
    began = rows[0].now if rows else datetime.min.replace(tzinfo=UTC)
    events = [
        EventRow(
            id=row.id,
            event_id=row.event_id,
            type=row.type,
            stripe_account=row.stripe_account,
            object_type=row.object_type,
            object_id=row.object_id,
            related_ids=row.related_ids,
            attempts=row.attempts,
            receive_time=row.receive_time,
            subject=row.subject,
        )
        for row in rows
    ]
    return Lease(lease_id, began, events)
