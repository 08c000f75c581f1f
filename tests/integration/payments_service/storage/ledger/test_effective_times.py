"""Balances by what had happened up to a time, whatever was recorded before or after it."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.domain.ids import new_id
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind
from payments_service.domain.ledger.views import EffectiveBalance
from payments_service.storage.ledger.reader import LedgerReader
from tests.integration.payments_service.storage.ledger.harness import post, rows, spec, transfer

HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


async def balances(engine: AsyncEngine, time: datetime, *codes: str) -> list[int]:
    """Posted balances at an effective time, in the order of the codes."""
    async with engine.begin() as connection:
        found = await LedgerReader(connection).effective_balances(codes, time)
    by_code: dict[str, EffectiveBalance] = {one.account.code: one for one in found}
    return [by_code[code].posted.amount_minor for code in codes]


async def now(engine: AsyncEngine) -> datetime:
    ((time,),) = await rows(engine, "SELECT clock_timestamp()")
    assert isinstance(time, datetime)
    return time


async def test_what_is_booked_late_or_in_advance_counts_when_it_happened(engine: AsyncEngine) -> None:
    a, b = spec("a"), spec("b")
    start = await now(engine)
    await post(engine, transfer(a, b, 1))
    between = await now(engine)
    await post(engine, transfer(a, b, 10, effective_time=start - 40 * DAY))
    await post(engine, transfer(a, b, 100, effective_time=start + 40 * DAY), transfer(a, b, 1000))

    at = [start - 41 * DAY, start - 40 * DAY, start, between, await now(engine), start + 40 * DAY]
    assert [(await balances(engine, time, "b"))[0] for time in at] == [0, 10, 10, 11, 1011, 1111]
    assert await balances(engine, start, "a", "b") == [-10, 10]


async def test_older_rows_are_never_rewritten(engine: AsyncEngine) -> None:
    await post(engine, transfer(spec("a"), spec("b"), 1))
    entries = "SELECT * FROM ledger_entries ORDER BY account_id, version"
    shifted = "SELECT * FROM ledger_shifted_entries ORDER BY account_id, version"
    await post(engine, transfer(spec("a"), spec("b"), 2, effective_time=datetime(2020, 1, 1, tzinfo=UTC)))
    before = set(await rows(engine, entries)) | set(await rows(engine, shifted))
    await post(engine, transfer(spec("a"), spec("b"), 3, effective_time=datetime(2019, 1, 1, tzinfo=UTC)))
    assert before < set(await rows(engine, entries)) | set(await rows(engine, shifted))


async def test_a_hold_counts_from_its_capture_and_not_before(engine: AsyncEngine) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    hold = transfer(spec("a"), spec("b"), 7, kind=TransactionKind.HOLD, effective_time=long_ago)
    capture = PostRequest(
        transaction_id=new_id(),
        reference="c",
        kind=TransactionKind.CAPTURE,
        target_id=hold.transaction_id,
        part_minor=(5,),
        effective_time=long_ago + DAY,
    )
    await post(engine, hold, capture)
    assert [(await balances(engine, long_ago + step, "b"))[0] for step in (HOUR, DAY)] == [0, 5]


async def test_at_any_time_it_is_the_sum_of_what_had_happened(engine: AsyncEngine) -> None:
    choice = random.Random(23)
    base = datetime(2026, 3, 1, 23, 58, tzinfo=UTC)
    for _ in range(12):
        batch = []
        for _ in range(choice.randint(1, 6)):
            debit, credit = choice.sample([spec("w"), spec("x"), spec("y")], 2)
            shift = choice.choice([TICK, timedelta(minutes=1), HOUR, DAY]) * choice.randint(-9, 9)
            time = choice.choice([None, base + shift])
            batch.append(transfer(debit, credit, choice.randint(1, 50), effective_time=time))
        await post(engine, *batch)
    entries = await rows(
        engine,
        "SELECT t.effective_time, e.side, e.amount_minor FROM ledger_entries e "
        "JOIN ledger_transactions t ON t.id = e.transaction_id JOIN ledger_accounts a ON a.id = e.account_id "
        "WHERE code = 'w'",
    )
    moments = {time + shift for time, *_ in entries for shift in (-TICK, 0 * TICK, TICK)}
    assert len(moments) > 20
    for moment in moments:
        expected = sum(amount if side == 2 else -amount for time, side, amount in entries if time <= moment)
        assert await balances(engine, moment, "w") == [expected], moment


async def test_times_at_the_ends_of_the_calendar_are_fine(engine: AsyncEngine) -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    await post(engine, transfer(spec("a"), spec("b"), 1, effective_time=first))
    await post(engine, transfer(spec("a"), spec("b"), 2, effective_time=last))
    assert [(await balances(engine, time, "b"))[0] for time in (first, last - TICK, last)] == [1, 1, 3]


async def test_the_number_of_rows_read_does_not_grow_with_the_account(engine: AsyncEngine) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    batch = [transfer(spec("a"), spec("b"), 1, effective_time=start + n * timedelta(seconds=7)) for n in range(1000)]
    await post(engine, *batch)
    ((totals,),) = await rows(engine, "SELECT count(*)::int FROM ledger_effective_totals WHERE width = 2")
    assert totals == 2 * 24
    assert await balances(engine, start + timedelta(seconds=7 * 499), "b") == [500]
