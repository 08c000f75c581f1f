"""The ledger's writer: decide a batch under the accounts' locks, and write what was decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.account import Account, AccountSpec
from payments_service.domain.ledger.checks import is_sound
from payments_service.domain.ledger.decide import decide
from payments_service.domain.ledger.hold import Hold
from payments_service.domain.ledger.outcome import Decision, Outcome
from payments_service.domain.ledger.transaction import PostRequest, Transaction, code_of
from payments_service.storage.driver import driver_connection, one_round_trip
from payments_service.storage.ledger import statements
from payments_service.storage.ledger.arrays import (
    PackedArray,
    bigints,
    byteas,
    optional_bigints,
    smallints,
    texts,
    timestamps,
    uuids,
)
from payments_service.storage.ledger.holds import held_codes, read_holds, with_links
from payments_service.storage.ledger.rows import Row, account_from, time_from, transaction_from


@dataclass(frozen=True, slots=True)
class _Locked:
    """What is known once the accounts are locked."""

    accounts: dict[str, Account]
    existing: dict[str, Transaction]
    holds: dict[UUID, Hold]
    now: datetime


class LedgerRepository:
    """Posts to the ledger inside a transaction that the caller has begun and commits.

    The statements go straight to psycopg, several to a round trip, with whole columns as parameters: a batch of a
    hundred costs little more than a batch of one. Locks are taken in the order of the account ids, and last in a
    transaction, so that batches queue up instead of deadlocking.

    Args:
        connection: with a transaction open, at READ COMMITTED or SERIALIZABLE.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def post(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        """Decide and write a batch of requests, in order; each gets its own outcome.

        The number of statements does not depend on the size of the batch. Nothing is written for refused requests, but
        the accounts that they would have made may exist afterwards, empty.

        Raises:
            RuntimeError: no transaction is open.
            psycopg.Error: the database refused. A serialisation failure, a deadlock or a unique violation (a reference
                that another transaction posted at the same time) goes away when the whole transaction is run again.
        """
        if not requests:
            return []
        driver = await driver_connection(self._connection)
        # What cannot be decided well must not reach the database either: one bad text would fail the whole batch.
        sound = [request for request in requests if is_sound(request)]
        holds = await read_holds(driver, {request.target_id for request in sound if request.target_id})
        locked = await _lock(driver, sound, holds)
        decision = decide(locked.accounts, locked.existing, locked.holds, requests, locked.now)
        if decision.transactions:
            await _write(driver, decision)
        return list(decision.outcomes)


async def _lock(driver: psycopg.AsyncConnection, requests: Sequence[PostRequest], holds: dict[UUID, Hold]) -> _Locked:
    """Lock every account of the batch, made if need be, and then read all that must be read under the locks."""
    specs, codes = _named(requests)
    codes |= held_codes(holds.values())
    wanted = texts(sorted(codes))
    references = texts([request.reference for request in requests])
    locked = await _lock_and_read(driver, statements.LOCK_IF_ALL_EXIST, (wanted, wanted, wanted), references, holds)
    if len(locked.accounts) == len(codes):
        return locked
    await _make_missing(driver, wanted, specs)
    return await _lock_and_read(driver, statements.LOCK, (wanted,), references, holds)


async def _lock_and_read(
    driver: psycopg.AsyncConnection,
    lock_statement: str,
    wanted: tuple[PackedArray, ...],
    references: PackedArray,
    holds: dict[UUID, Hold],
) -> _Locked:
    """Lock, and read under the locks."""
    accounts, existing, links = (driver.cursor(binary=True) for _ in range(3))
    async with one_round_trip(driver):
        await accounts.execute(lock_statement, wanted)
        await existing.execute(statements.SELECT_REFERENCES_AND_CLOCK, (references,))
        if holds:
            await links.execute(statements.SELECT_HOLD_LINKS, (uuids(list(holds)),))
    found: Sequence[Row] = await accounts.fetchall()
    known: Sequence[Row] = await existing.fetchall()
    return _Locked(
        accounts={account.code: account for account in map(account_from, found)},
        existing={
            transaction.reference: transaction
            for transaction in map(transaction_from, (row[1:] for row in known if row[1] is not None))
        },
        holds=with_links(holds, await links.fetchall()) if holds else {},
        now=time_from(known[0]),
    )


def _named(requests: Iterable[PostRequest]) -> tuple[dict[str, AccountSpec], set[str]]:
    """The accounts that requests name: those that can be made, and the codes of all."""
    specs: dict[str, AccountSpec] = {}
    codes: set[str] = set()
    for request in requests:
        for posting in request.postings:
            for key in (posting.debit, posting.credit):
                codes.add(code_of(key))
                if isinstance(key, AccountSpec):
                    specs.setdefault(key.code, key)
    return specs, codes


async def _make_missing(driver: psycopg.AsyncConnection, wanted: PackedArray, specs: dict[str, AccountSpec]) -> None:
    cursor = driver.cursor(binary=True)
    await cursor.execute(statements.SELECT_CODES, (wanted,))
    there = {code for (code,) in await cursor.fetchall()}
    missing = [specs[code] for code in sorted(specs.keys() - there)]
    if not missing:
        return
    await cursor.execute(
        statements.INSERT_ACCOUNTS,
        (
            uuids([new_id() for _ in missing]),
            texts([spec.code for spec in missing]),
            texts([spec.currency for spec in missing]),
            texts([spec.kind.value for spec in missing]),
            texts([spec.owner_id for spec in missing]),
            optional_bigints([spec.floor_minor for spec in missing]),
        ),
    )


async def _write(driver: psycopg.AsyncConnection, decision: Decision) -> None:
    """Write all three tables in one statement."""
    columns = (*_transaction_columns(decision), *_entry_columns(decision), *_account_columns(decision))
    await driver.execute(statements.WRITE, columns)


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
