"""What a decision writes: transactions, entries and accounts, as columns."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from payments_service.domain.ledger.outcome import Decision
from payments_service.storage.ledger import statements
from payments_service.storage.ledger.arrays import (
    PackedArray,
    bigints,
    byteas,
    smallints,
    texts,
    timestamps,
    uuids,
)
from payments_service.storage.ledger.effective_times import shifted_columns, shifted_entries, total_columns

Statement = tuple[str, Sequence[object]]
"""A statement and its parameters."""


def statements_of(decision: Decision) -> list[Statement]:
    """Transactions, entries and accounts in one statement, and besides it what only some batches have.

    They are to be run in this order, in the transaction that holds the accounts' locks; none for an empty decision.
    """
    if not decision.transactions:
        return []
    transaction_ids = [transaction.id for transaction in decision.transactions]
    queued = (decision.record_time, transaction_ids[0], uuids(transaction_ids))
    columns = (*_transaction_columns(decision), *_entry_columns(decision), *queued, *_account_columns(decision))
    written: list[Statement] = [(statements.WRITE, columns)]
    if shifted := shifted_entries(decision):
        written.append((statements.INSERT_SHIFTED_ENTRIES, shifted_columns(shifted)))
        written.append((statements.ADD_TO_EFFECTIVE_TOTALS, total_columns(shifted)))
    if expiring := [transaction for transaction in decision.transactions if transaction.expire_time is not None]:
        times, ids = [one.expire_time for one in expiring], [one.id for one in expiring]
        written.append((statements.INSERT_HOLD_EXPIRIES, (timestamps(times), uuids(ids))))
    return written


def _transaction_columns(decision: Decision) -> tuple[datetime | PackedArray, ...]:
    rows = sorted(decision.transactions, key=lambda transaction: transaction.reference)
    return (
        decision.record_time,
        uuids([row.id for row in rows]),
        texts([row.reference for row in rows]),
        texts([row.kind.value for row in rows]),
        uuids([row.target_id for row in rows]),
        timestamps([row.effective_time for row in rows]),
        timestamps([row.expire_time for row in rows]),
        texts([row.description for row in rows]),
        texts([orjson.dumps(row.metadata).decode() if row.metadata else "{}" for row in rows]),
        texts([row.actor for row in rows]),
        texts([row.request_id for row in rows]),
        byteas([row.digest for row in rows]),
    )


def _entry_columns(decision: Decision) -> tuple[datetime | PackedArray, ...]:
    accounts, versions, transactions, indexes, sides, effects, *figures, _ = zip(*decision.entries, strict=True)
    return (
        decision.record_time,
        uuids(accounts),
        bigints(versions),
        uuids(transactions),
        smallints(indexes),
        smallints(sides),
        smallints(effects),
        *(bigints(column) for column in figures),
    )


def _account_columns(decision: Decision) -> tuple[datetime | PackedArray, ...]:
    rows = decision.accounts
    return (
        decision.record_time,
        uuids([row.id for row in rows]),
        bigints([row.version for row in rows]),
        bigints([row.posted_debits for row in rows]),
        bigints([row.posted_credits for row in rows]),
        bigints([row.pending_debits for row in rows]),
        bigints([row.pending_credits for row in rows]),
    )
