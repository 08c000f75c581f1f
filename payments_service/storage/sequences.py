"""Numbers of streams in Postgres: a locked head a stream, and rows that move from a queue to where they are read.

A stream has two tables with the same columns: writers add to its queue, and numbering moves what it finds there to the
numbered one, whose key is the number.
"""

from sqlalchemy import Table, Update, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.sequencing.model import Head, Numbering, Stream
from payments_service.storage.tables.outbox import outbox, outbox_queue
from payments_service.storage.tables.outbox import sequence_heads as heads

_TABLES: dict[Stream, tuple[Table, Table]] = {Stream.OUTBOX: (outbox_queue, outbox)}
"""Of each stream the queue, with `create_time` and `id` as its key, and the numbered table."""


class SequenceRepository:
    """See `application.ports.SequenceStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def head(self, stream: Stream) -> Head:
        """See the port."""
        query = select(heads.c.incarnation, heads.c.last).where(heads.c.stream == stream.value)
        row = (await self._connection.execute(query)).one()
        return Head(row.incarnation, row.last)

    async def number(self, stream: Stream, limit: int) -> Numbering:
        """See the port.

        The head is locked by a statement of its own: the next one then sees all that its last holder has committed. And
        the lock is the lease: it ends with its holder's connection, so that nobody has to wait for it to run out.
        """
        queue, numbered = _TABLES[stream]
        oldest = (
            await self._connection.execute(
                select(queue.c.create_time, func.clock_timestamp().label("now"))
                .order_by(queue.c.create_time, queue.c.id)
                .limit(1)
            )
        ).first()
        if oldest is None:
            return Numbering()
        age = oldest.now - oldest.create_time
        locked = select(heads.c.last).where(heads.c.stream == stream.value).with_for_update(skip_locked=True)
        last = (await self._connection.execute(locked)).scalar()
        if last is None:
            return Numbering(oldest_age=age)
        new_last: int = (await self._connection.execute(_move(stream, queue, numbered, last, limit))).scalar_one()
        return Numbering(count=new_last - last, last=new_last, oldest_age=age)


def _move(stream: Stream, queue: Table, numbered: Table, last: int, limit: int) -> Update:
    """One statement that takes the oldest rows from the queue, numbers them from `last` on, and moves the head.

    By time and then by id: of two rows about one object the first was written, under the object's lock, before the
    second; and rows of one transaction have rising ids.
    """
    key = (queue.c.create_time, queue.c.id)
    oldest = select(*key).order_by(*key).limit(limit).cte("oldest")
    taken = delete(queue).where(tuple_(*key).in_(select(oldest))).returning(*queue.c).cte("taken")
    place = func.row_number().over(order_by=(taken.c.create_time, taken.c.id))
    moved = (
        insert(numbered)
        .from_select(["number", *taken.c.keys()], select(last + place, *taken.c))
        .returning(numbered.c.number)
        .cte("moved")
    )
    count = select(func.count()).select_from(moved).scalar_subquery()
    return update(heads).where(heads.c.stream == stream.value).values(last=last + count).returning(heads.c.last)
