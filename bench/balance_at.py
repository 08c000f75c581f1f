"""Balances in the past against the length of the account: at a record time, and at an effective time."""

import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.command import main
from bench.figures import Goal, at_most
from bench.ledger.accounts import Ring, code, make_ring
from bench.ledger.books import check_ledger
from bench.place import SETTINGS, Place
from bench.report import Books, Comparison, Report, Row, Sample, ratio
from bench.rounds import Arm, take_turns
from payments_service.storage.driver import driver_connection
from payments_service.storage.embedded import EmbeddedPostgres
from payments_service.storage.engine import create_engine
from payments_service.storage.ledger.reader import LedgerReader

LENGTHS, LENGTHS_QUICK = (1_000, 10_000, 100_000, 1_000_000), (1_000, 10_000, 100_000)
BACKDATED_EVERY = 10
_ASKED, _ASKED_QUICK = 200, 60
_COMPARED = 3
_DATABASE = "past"
_DURATION = re.compile(r"duration: ([\d.]+) ms")


@dataclass(slots=True)
class Clock:
    """What Postgres says that its statements took; it sends this with each of them (`log_duration`)."""

    milliseconds: float = 0.0

    def hear(self, said: psycopg.errors.Diagnostic) -> None:
        """Take one notice."""
        found = _DURATION.match(said.message_primary or "")
        if found:
            self.milliseconds += float(found[1])

    def take(self) -> float:
        """Milliseconds since it was last taken."""
        taken, self.milliseconds = self.milliseconds, 0.0
        return taken


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a length, and when its history began and ended."""

    length: int
    first: datetime
    last: datetime
    code: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", code(0, prefix_of(self.length)))

    def some_time(self) -> datetime:
        """A moment of its history."""
        return self.first + random.random() * (self.last - self.first)  # noqa: S311 - no secret

    def some_earlier_time(self) -> datetime:
        """A moment of its history, or of the month before, which is full of what was back-dated."""
        return self.last - random.random() * timedelta(days=31)  # noqa: S311 - no secret


def prefix_of(length: int) -> str:
    """Of the accounts with so many entries."""
    return f"past{length}"


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    lengths = [options.sized(length, length) for length in (LENGTHS_QUICK if options.quick else LENGTHS)]
    server = await place.postgres()
    url = await place.ledger(server, _DATABASE)
    for length in lengths:
        await make_ring(server.postgres_url(_DATABASE), Ring(2, length, prefix_of(length), BACKDATED_EVERY), place.say)
    async with reading(server, _DATABASE, url) as (connection, clock):
        accounts = [await account_of(connection, length) for length in lengths]
        asked = options.sized(_ASKED, _ASKED_QUICK)
        arms = [_arm(kind, account, connection, clock, asked) for kind in KINDS for account in accounts]
        rows = await take_turns(arms, options.rounds, place.say)
        place.say("checking the books")
        books = await _check(connection, accounts)
    books += await check_ledger(server.postgres_url(_DATABASE), sum(lengths))
    return Report(
        name="balance_at",
        title="Balances in the past, by the length of the account",
        setting=(
            f"time in the database, all statements of a balance together; {asked} moments at random a turn",
            f"one entry in {BACKDATED_EVERY} is back-dated by up to a month",
        ),
        rows=tuple(rows.values()),
        comparisons=tuple(comparison for kind in KINDS for comparison in _compared(kind, rows, lengths)),
        books=books,
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two questions: its name, when, how it is asked, and what it may take."""

    name: str
    when: Callable[[Account], datetime]
    ask: Callable[[LedgerReader, str, datetime], Awaitable[int]]
    goal: Goal


async def _at_record_time(reader: LedgerReader, name: str, moment: datetime) -> int:
    [balance] = await reader.balances([name], moment)
    return balance.posted.amount_minor


async def _at_effective_time(reader: LedgerReader, name: str, moment: datetime) -> int:
    [balance] = await reader.effective_balances([name], moment)
    return balance.posted.amount_minor


KINDS = (
    Kind("at a record time", Account.some_time, _at_record_time, at_most(1)),
    Kind("at an effective time", Account.some_earlier_time, _at_effective_time, at_most(5)),
)


def _name(kind: Kind, length: int) -> str:
    return f"{kind.name}, {length:,} entries"


def _arm(kind: Kind, account: Account, connection: AsyncConnection, clock: Clock, asked: int) -> Arm:
    reader = LedgerReader(connection)

    async def turn() -> Sample:
        in_database, whole = [], []
        clock.take()
        for _ in range(asked):
            moment = kind.when(account)
            began = time.perf_counter()
            await kind.ask(reader, account.code, moment)
            whole.append((time.perf_counter() - began) * 1000)
            in_database.append(clock.take())
        return Sample(median(in_database), {"slowest ms": max(in_database), "with the client ms": median(whole)})

    return Arm(_name(kind, account.length), "ms", turn)


def _compared(kind: Kind, rows: dict[str, Row], lengths: list[int]) -> tuple[Comparison, Comparison]:
    first, last = (rows[_name(kind, length)] for length in (lengths[0], lengths[-1]))
    return (
        Comparison(_name(kind, lengths[-1]), "ms", last.summary, kind.goal),
        ratio(f"{kind.name}: {lengths[-1]:,} entries by {lengths[0]:,}", last.values, first.values),
    )


@asynccontextmanager
async def reading(server: EmbeddedPostgres, name: str, url: str) -> AsyncIterator[tuple[AsyncConnection, Clock]]:
    """A connection as the service has it, in a transaction, that is told how long its statements take."""
    async with await psycopg.AsyncConnection.connect(server.postgres_url(name), autocommit=True) as owner:
        for setting in ("log_duration = on", "client_min_messages = log"):
            await owner.execute(f"ALTER DATABASE {name} SET {setting}")
    engine = create_engine(SETTINGS, url, "bench reader")
    clock = Clock()
    try:
        async with engine.begin() as connection:
            (await driver_connection(connection)).add_notice_handler(clock.hear)
            yield connection, clock
    finally:
        await engine.dispose()


async def account_of(connection: AsyncConnection, length: int) -> Account:
    """One of the accounts of a ring whose accounts have so many entries each."""
    driver = await driver_connection(connection)
    row = await (await driver.execute(_HISTORY, [code(0, prefix_of(length))])).fetchone()
    if row is None:
        raise RuntimeError(f"no account of {length} entries was seeded")
    return Account(length, *row)


async def _check(connection: AsyncConnection, accounts: list[Account]) -> Books:
    """Whether balances in the past are what all entries up to then add up to."""
    driver = await driver_connection(connection)
    reader = LedgerReader(connection)
    problems, checked = [], 0
    for kind, summed in zip(KINDS, (_SUM_RECORDED, _SUM_EFFECTIVE), strict=True):
        for account in accounts:
            for _ in range(_COMPARED):
                moment = kind.when(account)
                row = await (await driver.execute(summed, [account.code, moment])).fetchone()
                expected, found = (row[0] if row else None), await kind.ask(reader, account.code, moment)
                checked += 1
                if found != expected:
                    problems.append(
                        f"{account.code} {kind.name} {moment}: {found}, and its entries add up to {expected}"
                    )
    return Books(
        () if problems else (f"{checked} balances in the past are the sums of their entries",), tuple(problems)
    )


_HISTORY = """
SELECT min(record_time), max(record_time) FROM ledger_entries
WHERE account_id = (SELECT id FROM ledger_accounts WHERE code = %s)
"""

_SUM_RECORDED = """
SELECT coalesce(sum(CASE side WHEN 2 THEN amount_minor ELSE -amount_minor END), 0)::bigint FROM ledger_entries
WHERE account_id = (SELECT id FROM ledger_accounts WHERE code = %s) AND record_time <= %s
"""

_SUM_EFFECTIVE = """
SELECT coalesce(sum(CASE e.side WHEN 2 THEN e.amount_minor ELSE -e.amount_minor END), 0)::bigint
FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
WHERE e.account_id = (SELECT id FROM ledger_accounts WHERE code = %s) AND t.effective_time <= %s
"""


if __name__ == "__main__":
    main("balance_at", __doc__ or "", measure)
