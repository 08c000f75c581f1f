"""Many at once: the books stay true, nobody sees a deadlock, and exactly what is affordable is granted."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.config import Settings
from payments_service.domain.errors import Reason
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.outcome import Existing, Outcome, Posted, Refused
from payments_service.storage.engine import create_engine
from tests.integration.payments_service.storage.ledger.harness import check_books, post, rows, spec, transfer

TASKS = {"READ COMMITTED": 64, "SERIALIZABLE": 16}


@pytest.fixture(params=["READ COMMITTED", "SERIALIZABLE"])
async def isolated(request: pytest.FixtureRequest, database_url: str, settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine at each isolation level that must do.

    At SERIALIZABLE whoever has waited for a row fails and must try again, so fewer connections compete: as many as
    there are processes, which write one batch at a time.
    """
    size = 10 if request.param == "READ COMMITTED" else 4
    engine = create_engine(settings.model_copy(update={"database_pool_size": size}), database_url)
    yield engine.execution_options(isolation_level=request.param)
    await engine.dispose()


def tasks(engine: AsyncEngine) -> int:
    """How many tasks compete at the engine's isolation level."""
    return TASKS[engine.get_execution_options()["isolation_level"]]


async def test_opposing_transfers_over_few_accounts_end_balanced(isolated: AsyncEngine) -> None:
    accounts = [spec(code) for code in "abcd"]
    choice = random.Random(7)

    async def one() -> list[Outcome]:
        batches = []
        for _ in range(3):
            pairs = [choice.sample(accounts, 2) for _ in range(choice.randint(1, 4))]
            batches.append(await post(isolated, *(transfer(debit, credit, 1) for debit, credit in pairs)))
        return [outcome for batch in batches for outcome in batch]

    results = await asyncio.gather(*(one() for _ in range(tasks(isolated))))
    outcomes = [outcome for result in results for outcome in result]
    assert all(isinstance(outcome, Posted) for outcome in outcomes)
    assert await rows(isolated, "SELECT count(*)::int FROM ledger_transactions") == [(len(outcomes),)]
    await check_books(isolated)


async def test_a_reference_that_many_post_at_once_is_posted_once(isolated: AsyncEngine) -> None:
    results = await asyncio.gather(
        *(post(isolated, transfer(spec("a"), spec("b"), 5, reference="once")) for _ in range(tasks(isolated)))
    )
    outcomes = [outcome for (outcome,) in results]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Existing"] * (tasks(isolated) - 1) + ["Posted"]
    assert len({outcome.transaction.id for outcome in outcomes if isinstance(outcome, Existing | Posted)}) == 1
    await check_books(isolated)


async def test_a_reference_that_many_use_for_different_facts_names_one(isolated: AsyncEngine) -> None:
    results = await asyncio.gather(
        *(post(isolated, transfer(spec(f"a{i}"), spec(f"b{i}"), 5, reference="once")) for i in range(16))
    )
    outcomes = [outcome for (outcome,) in results]
    reasons = [outcome.error.reason for outcome in outcomes if isinstance(outcome, Refused)]
    assert reasons == [Reason.REFERENCE_REUSED] * 15
    await check_books(isolated)


async def test_exactly_the_affordable_debits_are_granted(isolated: AsyncEngine) -> None:
    wallet = spec("wallet", floor_minor=0)
    await post(isolated, transfer(spec("cash"), wallet, 43))
    results = await asyncio.gather(
        *(post(isolated, transfer(wallet, spec("sales"), 3)) for _ in range(tasks(isolated)))
    )
    assert sum(isinstance(outcome, Posted) for (outcome,) in results) == 14
    assert await rows(
        isolated, "SELECT (posted_credits - posted_debits)::int FROM ledger_accounts WHERE code = 'wallet'"
    ) == [(1,)]
    await check_books(isolated)


async def test_accounts_that_many_make_at_once_are_made_once(isolated: AsyncEngine) -> None:
    codes = [f"new:{number}" for number in range(12)]
    choice = random.Random(3)
    batches = [
        [transfer(spec(debit), spec(credit), 1) for debit, credit in (choice.sample(codes, 2) for _ in range(6))]
        for _ in range(24)
    ]
    results = await asyncio.gather(*(post(isolated, *batch) for batch in batches))
    assert all(isinstance(outcome, Posted) for result in results for outcome in result)
    await check_books(isolated)


async def test_racing_facts_and_earnings_leave_either_a_balance_or_a_debt(isolated: AsyncEngine) -> None:
    wallet = chart.wallet("o", "usd")
    choice = random.Random(5)
    amounts = [choice.randint(1, 9) for _ in range(tasks(isolated))]
    facts = [
        transfer(wallet, spec("cash"), amount, forced=True)
        if number % 2
        else transfer(spec("cash"), wallet, amount, forced=number % 4 == 0)
        for number, amount in enumerate(amounts)
    ]
    results = await asyncio.gather(*(post(isolated, one) for one in facts))
    assert all(isinstance(outcome, Posted) for (outcome,) in results)
    net = sum(-amount if number % 2 else amount for number, amount in enumerate(amounts))
    assert await rows(
        isolated,
        "SELECT code, abs(posted_credits - posted_debits)::int FROM ledger_accounts WHERE code <> 'cash' ORDER BY code",
    ) == [("receivable:o:usd", max(-net, 0)), ("wallet:o:usd", max(net, 0))]
    await check_books(isolated)
