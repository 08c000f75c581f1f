"""Numbers of streams in Postgres: a locked head a stream, and rows that move from a queue to where they are read.

A stream has two tables with the same columns: writers add to its queue, and numbering moves what it finds there to the
numbered one, whose key is the number. The ledger's are other tables: its queue has a row for each batch of
transactions, and only their ids are numbered, since transactions never change.
"""

from sqlalchemy import Table, Update, delete, func, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.sequencing.model import Head, Numbering, Stream
from payments_service.storage.tables.outbox import outbox, outbox_queue
from payments_service.storage.tables.outbox import sequence_heads as heads
from payments_service.storage.tables.seals import ledger_queue

_AGE_BY = {
    Stream.OUTBOX: (outbox_queue.c.create_time, outbox_queue.c.id),
    Stream.LEDGER: (ledger_queue.c.record_time, ledger_queue.c.first_id),
}
"""The key of each stream's queue: a time, and what tells apart rows of one time."""

_NUMBER_TRANSACTIONS = text(
    """
    WITH oldest AS (
        SELECT record_time, first_id FROM (
            SELECT record_time, first_id,
                   sum(cardinality(transaction_ids)) OVER (ORDER BY record_time, first_id) AS so_far,
                   cardinality(transaction_ids) AS own
            FROM (SELECT * FROM ledger_queue ORDER BY record_time, first_id LIMIT :limit) first_rows
        ) counted
        WHERE so_far - own < :limit
    ), taken AS (
        DELETE FROM ledger_queue WHERE (record_time, first_id) IN (SELECT record_time, first_id FROM oldest)
        RETURNING record_time, first_id, transaction_ids
    ), numbered AS (
        INSERT INTO ledger_sequence (number, transaction_id, salt)
        SELECT :last + row_number() OVER (ORDER BY t.record_time, t.first_id, i.place), i.id, gen_random_uuid()
        FROM taken t CROSS JOIN LATERAL unnest(t.transaction_ids) WITH ORDINALITY AS i (id, place)
        RETURNING number
    )
    UPDATE sequence_heads SET last = :last + (SELECT count(*) FROM numbered) WHERE stream = 'ledger' RETURNING last
    """
)
"""The same for the ledger: whole batches, until there are about as many transactions as wanted."""


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
        time, other = _AGE_BY[stream]
        oldest = (
            await self._connection.execute(
                select(time.label("time"), func.clock_timestamp().label("now")).order_by(time, other).limit(1)
            )
        ).first()
        if oldest is None:
            return Numbering()
        age = oldest.now - oldest.time
        locked = select(heads.c.last).where(heads.c.stream == stream.value).with_for_update(skip_locked=True)
        last = (await self._connection.execute(locked)).scalar()
        if last is None:
            return Numbering(oldest_age=age)
        if stream is Stream.LEDGER:
            done = await self._connection.execute(_NUMBER_TRANSACTIONS, {"last": last, "limit": limit})
        else:
            done = await self._connection.execute(_move(stream, outbox_queue, outbox, last, limit))
        new_last: int = done.scalar_one()
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
