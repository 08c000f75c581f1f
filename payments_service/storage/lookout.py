"""One look at all queues: what ten times a second each of them would be asked for by itself otherwise."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.lookout import Queue
from payments_service.storage.retry import retry

_LOOK = text(
    """
SELECT
    EXISTS (
        SELECT 1 FROM stripe_events
        WHERE state = 'PENDING' AND next_attempt_time <= statement_timestamp()
          AND (lease_until IS NULL OR lease_until <= statement_timestamp())
    ) AS events,
    coalesce(
        (SELECT true FROM outbox_queue ORDER BY create_time, id LIMIT 1),
        (SELECT true FROM ledger_queue ORDER BY record_time, first_id LIMIT 1),
        false
    ) AS streams,
    EXISTS (
        SELECT 1 FROM stripe_operations WHERE state = 'IN_PROGRESS' AND next_attempt_time <= statement_timestamp()
    ) AS operations,
    EXISTS (
        SELECT 1 FROM ledger_hold_expiries
        WHERE expire_time <= statement_timestamp()
          AND (next_attempt_time IS NULL OR next_attempt_time <= statement_timestamp())
    ) AS holds
"""
)
"""Each of them ends at the first row of an index that begins with what is due.

The streams' queues are looked at by their keys: EXISTS alone would read tables that are empty and not yet vacuumed.
"""


class PostgresLookout:
    """See `application.lookout.Lookout`."""

    def __init__(self, engine: AsyncEngine) -> None:
        # It is one statement, which needs no transaction around it: a round trip instead of three.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def waiting(self) -> Collection[Queue]:
        """See the port."""

        async def once() -> Collection[Queue]:
            async with self._engine.connect() as connection:
                row = (await connection.execute(_LOOK)).one()
            found = {
                Queue.EVENTS: row.events,
                Queue.STREAMS: row.streams,
                Queue.OPERATIONS: row.operations,
                Queue.HOLDS: row.holds,
            }
            return [queue for queue, waits in found.items() if waits]

        return await retry(once)
