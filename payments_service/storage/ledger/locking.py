"""The accounts of a batch, locked, and what must be read under the locks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.account import Account, AccountSpec
from payments_service.domain.ledger.books import Target
from payments_service.domain.ledger.chart import receivable_code, receivable_of
from payments_service.domain.ledger.transaction import PostRequest, Transaction, code_of
from payments_service.storage.driver import one_round_trip
from payments_service.storage.ledger import statements
from payments_service.storage.ledger.arrays import PackedArray, optional_bigints, texts, uuids
from payments_service.storage.ledger.rows import Row, account_from, time_from, transaction_from
from payments_service.storage.ledger.targets import codes_of, with_links


@dataclass(frozen=True, slots=True)
class Locked:
    """What is known once the accounts are locked."""

    accounts: dict[str, Account]
    existing: dict[str, Transaction]
    targets: dict[UUID, Target]
    now: datetime


@dataclass(frozen=True, slots=True)
class Named:
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


async def lock(
    driver: psycopg.AsyncConnection,
    requests: Sequence[PostRequest],
    targets: dict[UUID, Target],
    before: Callable[[], Awaitable[None]] | None = None,
) -> Locked:
    """Lock every account of the batch, made if need be, and then read all that must be read under the locks.

    Args:
        driver: with a transaction open, unless `before` opens one.
        requests: what is asked for.
        targets: what they act on.
        before: sends statements that go ahead, in the same round trip.
    """
    named = named_by(requests, targets)
    wanted = texts(sorted(named.codes))
    every = (wanted, wanted, wanted)
    locked = await lock_and_read(driver, statements.LOCK_IF_ALL_EXIST, every, named, targets, before)
    if named.codes <= locked.accounts.keys():
        return locked
    await _make_missing(driver, named)
    return await lock_and_read(driver, statements.LOCK, (wanted,), named, targets)


async def lock_and_read(
    driver: psycopg.AsyncConnection,
    lock_statement: str,
    wanted: tuple[PackedArray, ...],
    named: Named,
    targets: dict[UUID, Target],
    before: Callable[[], Awaitable[None]] | None = None,
) -> Locked:
    """Lock, and read under the locks."""
    accounts, debts, existing, links = (driver.cursor(binary=True) for _ in range(4))
    async with one_round_trip(driver):
        if before is not None:
            await before()
        await accounts.execute(lock_statement, wanted)
        if named.may_owe:
            await debts.execute(statements.LOCK_DEBTS, (texts(sorted(named.may_owe)),))
        await existing.execute(statements.SELECT_REFERENCES_AND_CLOCK, (texts(named.references),))
        if targets:
            await links.execute(statements.SELECT_LINKS, (uuids(list(targets)),))
    found: list[Row] = [*await accounts.fetchall(), *(await debts.fetchall() if named.may_owe else ())]
    known: Sequence[Row] = await existing.fetchall()
    return Locked(
        accounts={account.code: account for account in map(account_from, found)},
        existing={
            transaction.reference: transaction
            for transaction in map(transaction_from, (row[1:] for row in known if row[1] is not None))
        },
        targets=with_links(targets, await links.fetchall()) if targets else {},
        now=time_from(known[0]),
    )


def named_by(requests: Sequence[PostRequest], targets: Mapping[UUID, Target]) -> Named:
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
    return Named(specs, codes, set(receivables.values()) - codes, references)


def _named_by_target(target_id: UUID, targets: Mapping[UUID, Target], by_id: Mapping[UUID, set[str]]) -> set[str]:
    """The accounts of a target: one of the books, or one that comes earlier in the batch."""
    return codes_of([targets[target_id]]) if target_id in targets else set(by_id.get(target_id, ()))


async def _make_missing(driver: psycopg.AsyncConnection, named: Named) -> None:
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


def new_account(spec: AccountSpec) -> Account:
    """An account as it would be made."""
    return Account(new_id(), spec.code, spec.currency, spec.kind, spec.owner_id, spec.floor_minor)
