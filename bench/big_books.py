"""Reading big books against small ones: balances in the past, and the first and the thousandth page of each listing."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bench.balance_at import Account, Clock, account_of, prefix_of, reading
from bench.command import main
from bench.figures import at_most
from bench.ledger.accounts import Ring, make_ring
from bench.ledger.books import check_ledger
from bench.place import Place
from bench.report import Books, Comparison, Report, Row, Sample, ratio
from bench.rounds import Arm, take_turns
from payments_service.application.ledger.ports import TransactionFilter
from payments_service.storage.driver import driver_connection
from payments_service.storage.ledger.reader import LedgerReader
from payments_service.storage.ledger.transactions import LedgerTransactionReader

_ENTRIES, _ENTRIES_QUICK = (10_000, 10_000_000), (10_000, 200_000)
_BACKDATED_EVERY = 10
_ASKED = 100
_PAGE_SIZE, _PAGES = 5, 1_000
"""A thousand pages of five are what ten thousand entries of two accounts have."""

_EVERYTHING = TransactionFilter()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Books of a size, open for reading.

    Attributes:
        entries: how many they have; two accounts share them.
        account: one of the two.
        thousandth: where the thousandth page of all transactions begins.
    """

    entries: int
    connection: AsyncConnection
    clock: Clock
    account: Account
    account_id: UUID
    thousandth: UUID


_Question = Callable[[Shelf], Awaitable[int]]
"""Asks something of books; gives how much came back, or anything for a balance."""


async def _record_time(books: Shelf) -> int:
    await LedgerReader(books.connection).balances([books.account.code], books.account.some_time())
    return _PAGE_SIZE


async def _effective_time(books: Shelf) -> int:
    await LedgerReader(books.connection).effective_balances([books.account.code], books.account.some_earlier_time())
    return _PAGE_SIZE


def _entries(page: int) -> _Question:
    async def ask(books: Shelf) -> int:
        before = None if page == 1 else books.entries // 2 - (page - 1) * _PAGE_SIZE + 1
        return len(await LedgerReader(books.connection).entries(books.account_id, before, _PAGE_SIZE))

    return ask


def _of_account(page: int) -> _Question:
    async def ask(books: Shelf) -> int:
        before = None if page == 1 else books.entries // 2 - (page - 1) * _PAGE_SIZE + 1
        which = TransactionFilter(account_id=books.account_id)
        return len(await LedgerTransactionReader(books.connection).page(which, before, _PAGE_SIZE))

    return ask


def _transactions(page: int) -> _Question:
    async def ask(books: Shelf) -> int:
        before = None if page == 1 else books.thousandth
        return len(await LedgerTransactionReader(books.connection).page(_EVERYTHING, before, _PAGE_SIZE))

    return ask


QUESTIONS: dict[str, _Question] = {
    "balance at a record time": _record_time,
    "balance at an effective time": _effective_time,
    "entries, first page": _entries(1),
    "entries, thousandth page": _entries(_PAGES),
    "an account's transactions, first page": _of_account(1),
    "an account's transactions, thousandth page": _of_account(_PAGES),
    "all transactions, first page": _transactions(1),
    "all transactions, thousandth page": _transactions(_PAGES),
}


async def measure(place: Place) -> Report:
    """Measure."""
    options = place.options
    sizes = _ENTRIES_QUICK if options.quick else _ENTRIES
    server = await place.postgres()
    urls = {}
    for entries in sizes:
        name = f"books_{entries}"
        urls[name] = await place.ledger(server, name)
        ring = Ring(2, entries // 2, prefix_of(entries // 2), _BACKDATED_EVERY)
        await make_ring(server.postgres_url(name), ring, place.say)
    async with AsyncExitStack() as stack:
        opened = []
        for entries, (name, url) in zip(sizes, urls.items(), strict=True):
            connection, clock = await stack.enter_async_context(reading(server, name, url))
            opened.append(await _open(connection, clock, entries))
        arms = [_arm(question, ask, books) for question, ask in QUESTIONS.items() for books in opened]
        rows = await take_turns(arms, options.rounds, place.say)
    place.say("checking the books")
    checked = Books(())
    for entries in sizes:
        checked += await check_ledger(server.postgres_url(f"books_{entries}"), entries // 2)
    return Report(
        name="big_books",
        title="Reading big books against small ones",
        setting=(
            f"time in the database, all statements of an answer together; {_ASKED} answers a turn",
            f"pages of {_PAGE_SIZE}; two accounts share the entries; one in {_BACKDATED_EVERY} is back-dated",
        ),
        rows=tuple(rows.values()),
        comparisons=tuple(_compared(question, rows, sizes) for question in QUESTIONS),
        books=checked,
    )


async def _open(connection: AsyncConnection, clock: Clock, entries: int) -> Shelf:
    driver = await driver_connection(connection)
    account = await account_of(connection, entries // 2)
    (account_id,) = await (await driver.execute(_ACCOUNT, [account.code])).fetchone() or (None,)
    (thousandth,) = await (await driver.execute(_THOUSANDTH, [(_PAGES - 1) * _PAGE_SIZE - 1])).fetchone() or (None,)
    if account_id is None or thousandth is None:
        raise RuntimeError(f"books of {entries} entries have no thousandth page")
    return Shelf(entries, connection, clock, account, account_id, thousandth)


def _name(question: str, entries: int) -> str:
    return f"{question}, {entries:,} entries"


def _arm(question: str, ask: _Question, books: Shelf) -> Arm:
    async def turn() -> Sample:
        in_database, whole = [], []
        books.clock.take()
        for _ in range(_ASKED):
            began = time.perf_counter()
            if await ask(books) != _PAGE_SIZE:
                raise RuntimeError(f"{question}: not a whole page came back")
            whole.append((time.perf_counter() - began) * 1000)
            in_database.append(books.clock.take())
        return Sample(median(in_database), {"slowest ms": max(in_database), "with the client ms": median(whole)})

    return Arm(_name(question, books.entries), "ms", turn)


def _compared(question: str, rows: dict[str, Row], sizes: tuple[int, int]) -> Comparison:
    small, big = (rows[_name(question, entries)].values for entries in sizes)
    return ratio(f"{question}: {sizes[1]:,} entries by {sizes[0]:,}", big, small, at_most(2))


_ACCOUNT = "SELECT id FROM ledger_accounts WHERE code = %s"
_THOUSANDTH = "SELECT id FROM ledger_transactions ORDER BY id DESC OFFSET %s LIMIT 1"


if __name__ == "__main__":
    main("big_books", __doc__ or "", measure)
