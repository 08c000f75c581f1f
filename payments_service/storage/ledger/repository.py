"""The ledger's writer: decide a batch under the accounts' locks, and write what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson
import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.account import Account, AccountSpec
from payments_service.domain.ledger.books import Target
from payments_service.domain.ledger.chart import receivable_code, receivable_of
from payments_service.domain.ledger.checks import is_sound
from payments_service.domain.ledger.decide import decide
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
from payments_service.storage.ledger.effective_times import shifted_columns, shifted_entries, total_columns
from payments_service.storage.ledger.rows import Row, account_from, time_from, transaction_from
from payments_service.storage.ledger.targets import codes_of, read_targets, with_links


@dataclass(frozen=True, slots=True)
class _Locked:
    """What is known once the accounts are locked."""

    accounts: dict[str, Account]
    existing: dict[str, Transaction]
    targets: dict[UUID, Target]
    now: datetime


@dataclass(frozen=True, slots=True)
class _Named:
    """What a batch names.

    Attributes:
        specs: accounts that can be made, and the receivables that are made with them.
        codes: accounts that must exist.
        may_owe: receivables that matter only where something is owed.
        references: of the requests, in their order.
    """

    specs: dict[str, AccountSpec]
    codes: set[str]
    may_owe: set[str]
    references: list[str]


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
        targets = await read_targets(driver, {request.target_id for request in sound if request.target_id})
        locked = await _lock(driver, sound, targets)
        decision = decide(locked.accounts, locked.existing, locked.targets, requests, locked.now)
        if decision.transactions:
            await _write(driver, decision)
        return list(decision.outcomes)

    async def decide(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        """Decide a batch as if it were posted now. Nothing is locked, made or written, so it may turn out otherwise.

        Raises:
            RuntimeError: no transaction is open.
            psycopg.Error: the database refused.
        """
        if not requests:
            return []
        driver = await driver_connection(self._connection)
        sound = [request for request in requests if is_sound(request)]
        targets = await read_targets(driver, {request.target_id for request in sound if request.target_id})
        named = _named(sound, targets)
        everything = replace(named, codes=named.codes | named.may_owe, may_owe=set())
        wanted = (texts(sorted(everything.codes)),)
        found = await _lock_and_read(driver, statements.SELECT_ACCOUNTS, wanted, everything, targets)
        made = {code: _new_account(spec) for code, spec in named.specs.items() if code not in found.accounts}
        decision = decide(found.accounts | made, found.existing, found.targets, requests, found.now)
        return list(decision.outcomes)


async def _lock(
    driver: psycopg.AsyncConnection, requests: Sequence[PostRequest], targets: dict[UUID, Target]
) -> _Locked:
    """Lock every account of the batch, made if need be, and then read all that must be read under the locks."""
    named = _named(requests, targets)
    wanted = texts(sorted(named.codes))
    locked = await _lock_and_read(driver, statements.LOCK_IF_ALL_EXIST, (wanted, wanted, wanted), named, targets)
    if named.codes <= locked.accounts.keys():
        return locked
    await _make_missing(driver, named)
    return await _lock_and_read(driver, statements.LOCK, (wanted,), named, targets)


async def _lock_and_read(
    driver: psycopg.AsyncConnection,
    lock_statement: str,
    wanted: tuple[PackedArray, ...],
    named: _Named,
    targets: dict[UUID, Target],
) -> _Locked:
    """Lock, and read under the locks."""
    accounts, debts, existing, links = (driver.cursor(binary=True) for _ in range(4))
    async with one_round_trip(driver):
        await accounts.execute(lock_statement, wanted)
        if named.may_owe:
            await debts.execute(statements.LOCK_DEBTS, (texts(sorted(named.may_owe)),))
        await existing.execute(statements.SELECT_REFERENCES_AND_CLOCK, (texts(named.references),))
        if targets:
            await links.execute(statements.SELECT_LINKS, (uuids(list(targets)),))
    found: list[Row] = [*await accounts.fetchall(), *(await debts.fetchall() if named.may_owe else ())]
    known: Sequence[Row] = await existing.fetchall()
    return _Locked(
        accounts={account.code: account for account in map(account_from, found)},
        existing={
            transaction.reference: transaction
            for transaction in map(transaction_from, (row[1:] for row in known if row[1] is not None))
        },
        targets=with_links(targets, await links.fetchall()) if targets else {},
        now=time_from(known[0]),
    )


def _named(requests: Sequence[PostRequest], targets: Mapping[UUID, Target]) -> _Named:
    """The accounts that requests and their targets name.

    A fact may need the receivable of a wallet or payable that it touches; other requests only need to know a debt.
    """
    specs: dict[str, AccountSpec] = {}
    codes: set[str] = set()
    facts: set[str] = set()
    by_id: dict[UUID, set[str]] = {}
    for request in requests:
        named = _named_by_target(request.target_id, targets, by_id) if request.target_id else set()
        for posting in request.postings:
            for key in (posting.debit, posting.credit):
                named.add(code_of(key))
                if isinstance(key, AccountSpec):
                    specs.setdefault(key.code, key)
        by_id[request.transaction_id] = named
        codes |= named
        if request.forced:
            facts |= named
    receivables = {code: receivable for code in codes if (receivable := receivable_code(code)) is not None}
    if receivables:
        made = [receivable_of(spec) for spec in specs.values()]
        specs |= {spec.code: spec for spec in made if spec is not None and spec.code not in specs}
    codes |= {receivable for code, receivable in receivables.items() if code in facts}
    references = [request.reference for request in requests]
    return _Named(specs, codes, set(receivables.values()) - codes, references)


def _named_by_target(target_id: UUID, targets: Mapping[UUID, Target], by_id: Mapping[UUID, set[str]]) -> set[str]:
    """The accounts of a target: one of the books, or one that comes earlier in the batch."""
    return codes_of([targets[target_id]]) if target_id in targets else set(by_id.get(target_id, ()))


async def _make_missing(driver: psycopg.AsyncConnection, named: _Named) -> None:
    """Make the accounts that do not exist; a wallet or payable together with its receivable, whose id is the higher."""
    cursor = driver.cursor(binary=True)
    await cursor.execute(statements.SELECT_CODES, (texts(sorted(named.specs)),))
    there = {code for (code,) in await cursor.fetchall()}
    receivables = {receivable_code(code) for code in named.specs}
    missing = [named.specs[code] for code in sorted(named.specs.keys() - there, key=lambda c: (c in receivables, c))]
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


def _new_account(spec: AccountSpec) -> Account:
    """An account as it would be made."""
    return Account(new_id(), spec.code, spec.currency, spec.kind, spec.owner_id, spec.floor_minor)


async def _write(driver: psycopg.AsyncConnection, decision: Decision) -> None:
    """Write transactions, entries and accounts in one statement, and besides it what only some batches have."""
    transaction_ids = [transaction.id for transaction in decision.transactions]
    queued = (decision.record_time, transaction_ids[0], uuids(transaction_ids))
    columns = (*_transaction_columns(decision), *_entry_columns(decision), *queued, *_account_columns(decision))
    expiring = [transaction for transaction in decision.transactions if transaction.expire_time is not None]
    shifted = shifted_entries(decision)
    if not (expiring or shifted):
        await driver.execute(statements.WRITE, columns)
        return
    async with one_round_trip(driver):
        await driver.execute(statements.WRITE, columns)
        if shifted:
            await driver.execute(statements.INSERT_SHIFTED_ENTRIES, shifted_columns(shifted))
            await driver.execute(statements.ADD_TO_EFFECTIVE_TOTALS, total_columns(shifted))
        if expiring:
            times, ids = [one.expire_time for one in expiring], [one.id for one in expiring]
            await driver.execute(statements.INSERT_HOLD_EXPIRIES, (timestamps(times), uuids(ids)))


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
