"""Seals and numbered transactions in Postgres.

What is hashed is read by psycopg alone: a seal is over thousands of rows, and its bytes need no conversion twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.sealing.ports import LastSeal
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction import Transaction
from payments_service.domain.seal.model import Numbered, Seal, SealHeader
from payments_service.storage.driver import driver_connection
from payments_service.storage.ledger.arrays import uuids
from payments_service.storage.ledger.rows import (
    ACCOUNT_COLUMNS,
    ENTRY_COLUMNS,
    TRANSACTION_COLUMNS,
    Row,
    account_from,
    entry_from,
    transaction_from,
)
from payments_service.storage.tables.outbox import sequence_heads as heads
from payments_service.storage.tables.seals import ledger_seals as t
from payments_service.storage.tables.seals import ledger_sequence as s

CHAIN = "seals"
"""The row of `sequence_heads` whose lock is the right to make the next seal."""

_SEAL = [column for column in t.c if column.key != "leaves"]
_TRANSACTIONS = f"SELECT {TRANSACTION_COLUMNS} FROM ledger_transactions WHERE id = ANY(%b::uuid[])"  # noqa: S608 - columns
_ENTRIES = f"""
SELECT {ENTRY_COLUMNS} FROM ledger_entries WHERE transaction_id = ANY(%b::uuid[])
ORDER BY transaction_id, posting_index, side, account_id, version
"""  # noqa: S608 - columns are constants
_ACCOUNTS = f"SELECT {ACCOUNT_COLUMNS} FROM ledger_accounts WHERE id = ANY(%b::uuid[])"  # noqa: S608 - columns


class SealRepository:
    """See `application.sealing.ports.SealStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_last(self) -> LastSeal | None:
        """See the port. The lock is a statement of its own, so that the next one sees what its last holder did."""
        lock = select(heads.c.last).where(heads.c.stream == CHAIN).with_for_update(skip_locked=True)
        if (await self._connection.execute(lock)).scalar() is None:
            return None
        return LastSeal(await self.last())

    async def last(self) -> Seal | None:
        """See the port."""
        row = (await self._connection.execute(select(*_SEAL).order_by(t.c.number.desc()).limit(1))).first()
        return None if row is None else _seal(row)

    async def numbered(self, after: int, limit: int) -> list[Numbered]:
        """See the port."""
        query = select(s.c.number, s.c.transaction_id, s.c.salt).where(s.c.number > after).order_by(s.c.number)
        return await self._complete((await self._connection.execute(query.limit(limit))).all())

    async def by_transaction(self, transaction_id: UUID) -> Numbered | None:
        """See the port."""
        query = select(s.c.number, s.c.transaction_id, s.c.salt).where(s.c.transaction_id == transaction_id)
        found = await self._complete((await self._connection.execute(query)).all())
        return found[0] if found else None

    async def add(self, seal: Seal, leaves: bytes) -> None:
        """See the port."""
        header = seal.header
        await self._connection.execute(
            insert(t).values(
                number=header.number,
                first_number=header.first,
                last_number=header.last,
                root=header.root,
                previous_head=header.previous_head,
                seal_time=header.seal_time,
                key_id=header.key_id,
                head=seal.head,
                signature=seal.signature,
                leaves=leaves,
            )
        )
        await self._connection.execute(update(heads).where(heads.c.stream == CHAIN).values(last=header.number))

    async def covering(self, number: int) -> tuple[Seal, bytes] | None:
        """See the port."""
        query = select(*_SEAL, t.c.leaves).where(t.c.last_number >= number, t.c.first_number <= number)
        row = (await self._connection.execute(query.order_by(t.c.last_number).limit(1))).first()
        return None if row is None else (_seal(row[:-1]), row[-1])

    async def page(self, after: int, limit: int) -> list[Seal]:
        """See the port."""
        query = select(*_SEAL).where(t.c.number > after).order_by(t.c.number).limit(limit)
        return [_seal(row) for row in await self._connection.execute(query)]

    async def with_leaves(self, after: int, limit: int) -> Sequence[tuple[Seal, bytes]]:
        """See the port."""
        query = select(*_SEAL, t.c.leaves).where(t.c.number > after).order_by(t.c.number).limit(limit)
        return [(_seal(row[:-1]), row[-1]) for row in await self._connection.execute(query)]

    async def _complete(self, rows: Sequence[Row]) -> list[Numbered]:
        """Numbers with their transactions, entries and accounts."""
        if not rows:
            return []
        driver = await driver_connection(self._connection)
        cursor = driver.cursor(binary=True)
        ids = uuids([transaction_id for _, transaction_id, _ in rows])
        await cursor.execute(_TRANSACTIONS, (ids,))
        transactions: dict[UUID, Transaction] = {row[0]: transaction_from(row) for row in await cursor.fetchall()}
        await cursor.execute(_ENTRIES, (ids,))
        entries = [entry_from(row) for row in await cursor.fetchall()]
        await cursor.execute(_ACCOUNTS, (uuids(list({entry.account_id for entry in entries})),))
        accounts = {row[0]: account_from(row) for row in await cursor.fetchall()}
        lines: dict[UUID, list[AccountEntry]] = defaultdict(list)
        for entry in entries:
            # An entry of an account that is not there is left out, so that its transaction no longer fits its seal.
            if (account := accounts.get(entry.account_id)) is not None:
                lines[entry.transaction_id].append((account, entry))
        return [Numbered(number, id_, salt, transactions.get(id_), lines.get(id_, [])) for number, id_, salt in rows]


def _seal(row: Row) -> Seal:
    *header, head, signature = row
    return Seal(SealHeader(*header), head, signature)
