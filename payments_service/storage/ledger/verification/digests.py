"""I11, digests: what tells a repeated posting from another one under its reference is the digest of its content."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.application.verification.model import FINDINGS_MAX, Finding, Position, Stretch
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.digests import has_its_digest
from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST
from payments_service.storage.ledger.rows import TRANSACTION_COLUMNS, transaction_from
from payments_service.storage.ledger.transactions import LedgerTransactionReader
from payments_service.storage.ledger.verification.ranges import TRANSACTIONS
from payments_service.storage.tables.ledger import ledger_transactions as t

STRETCH = 1_000
"""Transactions at once: they are read whole and hashed here."""

_TRANSACTION = [t.c[name] for name in TRANSACTION_COLUMNS.split(", ")]


async def look(connection: AsyncConnection, name: str, position: Position) -> Stretch:
    """Look at the next stretch."""
    count, after, upto = await TRANSACTIONS.next(connection, position, STRETCH)
    if not count:
        return Stretch()
    within = (t.c.id > UUID(str(after["id"]))) & (t.c.id <= UUID(str(upto["id"])))
    rows = await connection.execute(select(*_TRANSACTION).where(within).order_by(t.c.id))
    transactions = [transaction_from(row) for row in rows]
    targets = {one.target_id for one in transactions if one.target_id is not None}
    entries = await LedgerTransactionReader(connection).entries({one.id for one in transactions} | targets)
    indices = {
        target: sorted(
            {entry.posting_index for _, entry in entries[target] if entry.posting_index < SETTLING_INDEX_FIRST}
        )
        for target in targets
    }
    found = [
        Finding(name, format_id(Prefix.LEDGER_TRANSACTION, one.id), "its digest is not that of its content")
        for one in transactions
        if not has_its_digest(one, entries[one.id], indices.get(one.target_id, ()) if one.target_id else ())
    ]
    return Stretch(count, upto if count == STRETCH else None, tuple(found[:FINDINGS_MAX]))
