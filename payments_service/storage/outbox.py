"""The outbox in Postgres: events are added to its queue, and read once the sequencer has numbered them."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.outbox.model import EventFilter, NumberedEvent
from payments_service.domain.outbox import OutboxEvent
from payments_service.storage.tables.outbox import outbox, outbox_queue


class OutboxRepository:
    """See `application.ports.OutboxStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, events: Sequence[OutboxEvent]) -> None:
        """See the port."""
        if not events:
            return
        rows = [
            {
                "id": event.id,
                "type": event.type.value,
                "owner_id": event.owner_id,
                "resource_id": event.resource_id,
                "reference": event.reference,
                "state": event.state,
                "livemode": event.livemode,
            }
            for event in events
        ]
        # One short statement that the driver sends for all of them together: it is compiled once.
        await self._connection.execute(insert(outbox_queue), rows)

    async def read(self, after: int, through: int, which: EventFilter, limit: int) -> list[NumberedEvent]:
        """See the port. A range of the primary key: what it costs depends on its length, not on that of the outbox."""
        query = select(outbox).where(outbox.c.number > after, outbox.c.number <= through)
        if which.types:
            query = query.where(outbox.c.type.in_(which.types))
        if which.owner_ids is not None:
            query = query.where(outbox.c.owner_id.in_(which.owner_ids))
        rows = await self._connection.execute(query.order_by(outbox.c.number).limit(limit))
        return [NumberedEvent(**row._mapping) for row in rows]  # noqa: SLF001 - its public API
