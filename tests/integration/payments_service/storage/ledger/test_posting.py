"""What is posted is in the tables, all of it, and only that."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from psycopg.abc import Params
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.domain.errors import Reason
from payments_service.domain.ids import new_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.hold import HoldState
from payments_service.domain.ledger.outcome import Existing, Posted, Refused
from payments_service.domain.ledger.transaction import Posting, PostRequest, TransactionKind
from payments_service.domain.money import Money
from payments_service.storage.ledger.reader import LedgerReader
from payments_service.storage.ledger.repository import LedgerRepository
from tests.integration.payments_service.storage.ledger.harness import check_books, post, rows, spec, transfer


async def test_a_transaction_comes_back_as_it_was_posted(engine: AsyncEngine) -> None:
    effective_time = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    request = PostRequest(
        transaction_id=new_id(),
        reference="stripe:txn_ü",
        postings=(
            Posting(chart.stripe_mirror("usd"), chart.revenue_sales("usd"), Money(9710, "usd")),
            Posting(chart.expense_stripe_fee("usd"), chart.revenue_sales("usd"), Money(290, "usd")),
        ),
        effective_time=effective_time,
        description="Grüße 🎫",
        metadata={"order": "1", "quote": '"'},
        actor="settlement",
        request_id="r1",
    )
    (outcome,) = await post(engine, request)
    assert isinstance(outcome, Posted)
    async with engine.begin() as connection:
        reader = LedgerReader(connection)
        assert await reader.transactions([request.reference, "nothing"]) == {request.reference: outcome.transaction}
        sales = await reader.account("revenue:sales:usd")
        assert sales is not None
        lines = await reader.entries(sales.id, None, 10)
    assert outcome.transaction.effective_time == effective_time
    assert [(line.amount.amount_minor, line.posted_after.amount_minor) for line in lines] == [
        (290, 10000),
        (9710, 9710),
    ]
    assert [line.entry for line in lines] == [e for e in reversed(outcome.entries) if e.account_id == sales.id]
    assert (lines[0].reference, lines[0].description) == (request.reference, request.description)
    await check_books(engine)


async def test_a_repeat_is_there_already_in_the_same_batch_and_the_next(engine: AsyncEngine) -> None:
    request = transfer(spec("a"), spec("b"), 5)
    first, second = await post(engine, request, request)
    (third,) = await post(engine, request)
    assert isinstance(first, Posted)
    assert second == third == Existing(first.transaction)
    assert await rows(engine, "SELECT count(*) FROM ledger_entries") == [(2,)]


async def test_a_refused_request_leaves_nothing_and_the_rest_is_posted(engine: AsyncEngine) -> None:
    outcomes = await post(
        engine,
        transfer(spec("a"), spec("b"), 5),
        transfer("nobody", spec("b"), 5),
        transfer(spec("c", floor_minor=0), spec("b"), 5),
        transfer(spec("a"), spec("b"), 5, reference="zero\0"),
        transfer(spec("zero\0"), spec("b"), 5),
        transfer(spec("a"), spec("b"), 6),
    )
    reasons = [outcome.error.reason if isinstance(outcome, Refused) else None for outcome in outcomes]
    assert reasons == [
        None,
        Reason.LEDGER_ACCOUNT_NOT_FOUND,
        Reason.INSUFFICIENT_FUNDS,
        Reason.REQUEST_INVALID,
        Reason.REQUEST_INVALID,
        None,
    ]
    assert await rows(engine, "SELECT sum(amount_minor)::int, count(*) FROM ledger_entries") == [(22, 4)]
    await check_books(engine)


async def test_a_hold_lives_across_transactions(engine: AsyncEngine) -> None:
    wallet, pending = spec("wallet", floor_minor=0), spec("pending")
    await post(engine, transfer(spec("cash"), wallet, 100))
    hold = transfer(wallet, pending, 70, kind=TransactionKind.HOLD)
    await post(engine, hold)

    def act(kind: TransactionKind, *amounts: int) -> PostRequest:
        number = new_id()
        capture = amounts or None
        return PostRequest(
            transaction_id=number,
            reference=str(number),
            kind=kind,
            target_id=hold.transaction_id,
            part_minor=capture,
        )

    (captured,) = await post(engine, act(TransactionKind.CAPTURE, 30))
    (too_much,) = await post(engine, act(TransactionKind.CAPTURE, 41))
    assert isinstance(captured, Posted)
    assert isinstance(too_much, Refused)
    assert too_much.error.metadata == {"remaining_minor": "40"}
    async with engine.begin() as connection:
        reader = LedgerReader(connection)
        open_hold = await reader.hold(hold.transaction_id)
        balance = await reader.balance("wallet")
        assert await reader.hold(captured.transaction.id) is None
    assert open_hold is not None
    assert (open_hold.postings[0].captured_minor, open_hold.postings[0].remaining_minor) == (30, 40)
    assert balance is not None
    assert (balance.posted.amount_minor, balance.available.amount_minor) == (70, 30)

    outcomes = await post(
        engine, act(TransactionKind.CAPTURE, 10), act(TransactionKind.VOID), act(TransactionKind.VOID)
    )
    assert [isinstance(outcome, Posted) for outcome in outcomes] == [True, True, False]
    async with engine.begin() as connection:
        done = await LedgerReader(connection).hold(hold.transaction_id)
    assert done is not None
    assert done.state(datetime.now(UTC)) is HoldState.VOIDED
    await check_books(engine)


async def test_a_hold_of_several_postings_is_captured_posting_by_posting(engine: AsyncEngine) -> None:
    postings = tuple(Posting(spec("w"), spec(code), Money(10, "usd")) for code in ("x", "y"))
    hold = PostRequest(transaction_id=new_id(), reference="h", kind=TransactionKind.HOLD, postings=postings)
    await post(engine, hold)

    def capture(reference: str, *amounts: int) -> PostRequest:
        return PostRequest(
            transaction_id=new_id(),
            reference=reference,
            kind=TransactionKind.CAPTURE,
            target_id=hold.transaction_id,
            part_minor=amounts,
        )

    first = await post(engine, capture("1", 0, 4))
    second = await post(engine, capture("2", 10, 7))
    third = await post(engine, capture("3", 10, 6))
    assert [type(outcome) for outcome in (*first, *second, *third)] == [Posted, Refused, Posted]
    await check_books(engine)


async def test_a_transaction_is_reversed_in_parts_across_transactions(engine: AsyncEngine) -> None:
    postings = tuple(Posting(spec("w"), spec(code), Money(10, "usd")) for code in ("x", "y"))
    sale = PostRequest(transaction_id=new_id(), reference="s", postings=postings)
    await post(engine, sale)

    def reverse(reference: str, *amounts: int) -> PostRequest:
        return PostRequest(
            transaction_id=new_id(),
            reference=reference,
            kind=TransactionKind.REVERSE,
            target_id=sale.transaction_id,
            part_minor=amounts or None,
            at_original_time=True,
        )

    first = await post(engine, reverse("1", 0, 4))
    second = await post(engine, reverse("2", 10, 7))
    third = await post(engine, reverse("3"), reverse("4", 1, 0))
    assert [type(outcome) for outcome in (*first, *second, *third)] == [Posted, Refused, Posted, Refused]
    assert await rows(engine, "SELECT count(DISTINCT effective_time)::int FROM ledger_transactions") == [(1,)]
    assert await rows(engine, "SELECT sum(posted_credits - posted_debits)::int FROM ledger_accounts") == [(0,)]
    await check_books(engine)


async def test_a_wallet_is_made_and_locked_together_with_its_receivable(engine: AsyncEngine) -> None:
    wallet = chart.wallet("o", "usd")
    await post(engine, transfer(spec("cash"), wallet, 30))
    assert await rows(
        engine, "SELECT code, kind, owner_id FROM ledger_accounts WHERE owner_id IS NOT NULL ORDER BY code"
    ) == [("receivable:o:usd", "asset", "o"), ("wallet:o:usd", "liability", "o")]
    fact = transfer(wallet, spec("cash"), 100, forced=True)
    await post(engine, fact)
    (refused,) = await post(engine, transfer("wallet:o:usd", spec("cash"), 1))
    assert isinstance(refused, Refused)
    assert refused.error.metadata["receivable_minor"] == "70"
    await post(engine, transfer(spec("cash"), "wallet:o:usd", 100))
    balances = "SELECT code, (posted_debits - posted_credits)::int FROM ledger_accounts ORDER BY code"
    assert await rows(engine, balances) == [("cash", 30), ("receivable:o:usd", 0), ("wallet:o:usd", -30)]
    undo = PostRequest(
        transaction_id=new_id(), reference="undo", kind=TransactionKind.REVERSE, target_id=fact.transaction_id
    )
    (undone,) = await post(engine, undo)
    assert isinstance(undone, Posted)
    assert await rows(engine, balances) == [("cash", 130), ("receivable:o:usd", 0), ("wallet:o:usd", -130)]
    await check_books(engine)


async def test_a_fact_that_undoes_what_its_own_batch_posted_leaves_a_debt(engine: AsyncEngine) -> None:
    wallet, cash = chart.wallet("o", "usd"), spec("cash")
    await post(engine, transfer(cash, wallet, 1), transfer(wallet, cash, 1))
    earned = transfer(cash, wallet, 5)
    undo = PostRequest(
        transaction_id=new_id(),
        reference="undo",
        kind=TransactionKind.REVERSE,
        target_id=earned.transaction_id,
        forced=True,
    )
    outcomes = await post(engine, earned, transfer(wallet, cash, 4), undo)
    assert [type(outcome) for outcome in outcomes] == [Posted] * 3
    assert await rows(
        engine, "SELECT code, (posted_debits - posted_credits)::int FROM ledger_accounts ORDER BY code"
    ) == [("cash", -4), ("receivable:o:usd", 4), ("wallet:o:usd", 0)]
    await check_books(engine)


async def test_an_expired_hold_is_released_by_the_clock_of_the_database(engine: AsyncEngine) -> None:
    ((now,),) = await rows(engine, "SELECT clock_timestamp()")
    hold = transfer(spec("w"), spec("p"), 5, kind=TransactionKind.HOLD, expire_time=now + timedelta(milliseconds=300))
    (made,) = await post(engine, hold)
    assert isinstance(made, Posted)
    await rows(engine, "SELECT pg_sleep_until(CAST(:time AS timestamptz))", time=hold.expire_time)
    expiry = PostRequest(
        transaction_id=new_id(), reference="e", kind=TransactionKind.EXPIRE, target_id=hold.transaction_id
    )
    (expired,) = await post(engine, expiry)
    assert isinstance(expired, Posted)
    async with engine.begin() as connection:
        balance = await LedgerReader(connection).balance("w")
    assert balance is not None
    assert balance.pending_out.amount_minor == 0


async def test_the_number_of_statements_does_not_depend_on_the_batch(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counting(
        cursor: psycopg.AsyncCursor, query: LiteralString, params: Params | None = None, prepare: bool | None = None
    ) -> object:
        executed.append(query)
        return await execute(cursor, query, params, prepare=prepare)

    async def statements(size: int) -> int:
        requests = [transfer(spec("a"), spec(f"b{number}"), 1) for number in range(size)]
        async with engine.begin() as connection:
            executed.clear()
            await LedgerRepository(connection).post(requests)
            return len(executed)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counting)
    first_use = [await statements(1), await statements(300)]
    later = [await statements(1), await statements(300)]
    assert first_use == [7, 7]
    assert later == [3, 3]


async def test_entries_and_transactions_cannot_be_changed_by_the_service(engine: AsyncEngine) -> None:
    await post(engine, transfer(spec("a"), spec("b"), 5))
    for table in ("ledger_entries", "ledger_transactions"):
        for statement in (f"UPDATE {table} SET record_time = now()", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                await rows(engine, statement)
    with pytest.raises(ProgrammingError, match="permission denied"):
        await rows(engine, "DELETE FROM ledger_accounts")


async def test_posting_without_a_transaction_is_a_mistake_of_the_program(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(RuntimeError, match="begin a transaction first"):
            await LedgerRepository(connection).post([transfer(spec("a"), spec("b"), 5)])


async def test_what_is_not_committed_is_not_there(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.begin()
        await LedgerRepository(connection).post([transfer(spec("a"), spec("b"), 5)])
        await connection.rollback()
    assert await rows(engine, "SELECT count(*) FROM ledger_entries") == [(0,)]
