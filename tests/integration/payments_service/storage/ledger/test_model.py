"""Whatever is asked of the ledger, in whatever order and batches: it does what a few lines of Python say."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.config import Settings
from payments_service.domain.ids import new_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountKind, AccountSpec
from payments_service.domain.ledger.outcome import Posted
from payments_service.domain.ledger.transaction import AccountKey, Posting, PostRequest, TransactionKind
from payments_service.domain.money import Money
from payments_service.storage.engine import create_engine
from payments_service.storage.ledger.reader import LedgerReader
from payments_service.storage.ledger.repository import LedgerRepository
from tests.integration.payments_service.storage.ledger.harness import check_books
from tests.integration.payments_service.storage.ledger.model import ACCOUNTS, FLOORS, Model

BASE = datetime(2026, 1, 1, tzinfo=UTC)
SPECS: dict[str, AccountKey] = {
    "wallet:o:usd": chart.wallet("o", "usd"),
    "creator:acn_1:payable:usd": chart.creator_payable("acn_1", "usd"),
    "till": AccountSpec("till", "usd", AccountKind.ASSET, floor_minor=0),
    "credit": AccountSpec("credit", "usd", AccountKind.LIABILITY, floor_minor=-30),
    "cash": AccountSpec("cash", "usd", AccountKind.ASSET),
    "sales": AccountSpec("sales", "usd", AccountKind.REVENUE),
}
TABLES = "ledger_accounts, ledger_transactions, ledger_entries, ledger_shifted_entries, ledger_effective_totals"

CODES = st.sampled_from(sorted(FLOORS))
LINES = st.lists(
    st.tuples(CODES, CODES, st.integers(1, 40)).filter(lambda line: line[0] != line[1]), min_size=1, max_size=3
)
TIMES = st.integers(0, 20)
"""Days after the base, at which things happen."""

SHARES = st.sampled_from([(1, 0), (1, 0), (2, 0), (3, 1), (1, 1)])
"""How much of what is left of a target to take: what to divide it by, and what to add."""


class LedgerMachine(RuleBasedStateMachine):
    """Requests to both, the ledger and its model; those of one batch are collected first."""

    transactions: Any = Bundle("transactions")
    engine: AsyncEngine
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def empty(self) -> None:
        self.model = Model()
        self.batch: list[tuple[PostRequest, bool]] = []
        self.run(self._empty())

    async def _empty(self) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text("SET LOCAL ROLE NONE"))
            await connection.execute(text(f"TRUNCATE {TABLES}"))

    @rule(target=transactions, lines=LINES, day=TIMES, hold=st.booleans(), forced=st.booleans())
    def post(self, lines: list[tuple[str, str, int]], day: int, hold: bool, forced: bool) -> UUID:
        new, kind = new_id(), TransactionKind.HOLD if hold else TransactionKind.POST
        allowed = self.model.post(new, lines, kind.value, day, forced)
        postings = tuple(Posting(SPECS[debit], SPECS[credit], Money(amount, "usd")) for debit, credit, amount in lines)
        self._ask(new, allowed, day, kind=kind, postings=postings, forced=forced)
        return new

    @rule(target=transactions, hold=transactions, share=SHARES, day=TIMES)
    def capture(self, hold: UUID, share: tuple[int, int], day: int) -> UUID:
        new, parts = new_id(), self._parts(hold, *share)
        allowed = self.model.capture(new, hold, parts, day)
        self._ask(new, allowed, day, kind=TransactionKind.CAPTURE, target_id=hold, part_minor=tuple(parts))
        return new

    @rule(hold=transactions, day=TIMES)
    def void(self, hold: UUID, day: int) -> None:
        new = new_id()
        self._ask(new, self.model.void(new, hold, day), day, kind=TransactionKind.VOID, target_id=hold)

    @rule(target=transactions, what=transactions, share=SHARES, day=TIMES, forced=st.booleans())
    def reverse(self, what: UUID, share: tuple[int, int], day: int, forced: bool) -> Any:
        new, parts = new_id(), self._parts(what, *share)
        allowed = self.model.reverse(new, what, parts, day, forced)
        kind = TransactionKind.REVERSE
        self._ask(new, allowed, day, kind=kind, target_id=what, part_minor=tuple(parts), forced=forced)
        return new if allowed else multiple()

    def _parts(self, target: UUID, divisor: int, more: int) -> list[int]:
        """A share of what is left of each line of a target; anything for one that was refused."""
        fact = self.model.facts.get(target)
        lines = zip(fact.lines, fact.used, strict=True) if fact and fact.used else ()
        return [(line[2] - used) // divisor + more for line, used in lines] or [1]

    def _ask(self, new: UUID, allowed: bool, day: int, **fields: Any) -> None:
        time = BASE + timedelta(days=day)
        request = PostRequest(transaction_id=new, reference=str(new), effective_time=time, **fields)
        self.batch.append((request, allowed))

    @rule(day=TIMES)
    def compare(self, day: int) -> None:
        """Post the batch, and see that nothing differs, neither now nor on some day."""
        outcomes = self.run(self._post([request for request, _ in self.batch]))
        expected = [allowed for _, allowed in self.batch]
        assert [isinstance(outcome, Posted) for outcome in outcomes] == expected, outcomes
        self.batch = []
        now, available, then = self.run(self._balances(BASE + timedelta(days=day)))
        assert now == self.model.balances()
        assert available == {code: self.model.available(code) for code in available}
        assert then == self.model.balances(day)

    @invariant()
    def nothing_waits_for_long(self) -> None:
        if len(getattr(self, "batch", ())) >= 8:
            self.compare(day=10)

    def teardown(self) -> None:
        if hasattr(self, "batch"):
            self.compare(day=5)
            self.run(check_books(self.engine))

    async def _post(self, requests: list[PostRequest]) -> list[Any]:
        async with self.engine.begin() as connection:
            return await LedgerRepository(connection).post(requests)

    async def _balances(self, time: datetime) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        async with self.engine.begin() as connection:
            reader = LedgerReader(connection)
            now = await reader.balances(ACCOUNTS)
            then = await reader.effective_balances(ACCOUNTS, time)
        return (
            {one.code: one.posted.amount_minor for one in now if one.posted.amount_minor},
            {one.code: one.available.amount_minor for one in now},
            {one.account.code: one.posted.amount_minor for one in then if one.posted.amount_minor},
        )


def test_the_ledger_does_what_its_model_does(database_url: str, settings: Settings) -> None:
    loop = asyncio.new_event_loop()
    LedgerMachine.loop = loop
    LedgerMachine.engine = create_engine(settings, database_url)
    try:
        run_state_machine_as_test(LedgerMachine)
    finally:
        loop.run_until_complete(LedgerMachine.engine.dispose())
        loop.close()
