"""Balances now and in the past, histories by page, and the trial balance."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.domain.ids import new_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountKind, AccountSpec
from payments_service.domain.ledger.transaction import Posting, PostRequest, TransactionKind
from payments_service.domain.ledger.views import Balance
from payments_service.domain.money import Money
from payments_service.storage.ledger.reader import LedgerReader
from tests.integration.payments_service.storage.ledger.harness import post, rows, spec, transfer


async def balance(engine: AsyncEngine, code: str, record_time: datetime | None = None) -> Balance:
    async with engine.begin() as connection:
        found = await LedgerReader(connection).balance(code, record_time)
    assert found is not None
    return found


async def test_a_balance_at_any_record_time_is_the_fold_of_the_entries_until_then(engine: AsyncEngine) -> None:
    choice = random.Random(11)
    for _ in range(30):
        batch = []
        for _ in range(choice.randint(1, 3)):
            kind = choice.choice([TransactionKind.POST, TransactionKind.HOLD])
            debit, credit = choice.sample([spec("w"), spec("x")], 2)
            batch.append(transfer(debit, credit, choice.randint(1, 50), kind=kind))
        await post(engine, *batch)
    entries = await rows(
        engine,
        "SELECT e.record_time, side, effect, amount_minor, e.version FROM ledger_entries e "
        "JOIN ledger_accounts a ON a.id = e.account_id WHERE code = 'w' ORDER BY e.version",
    )
    tick = timedelta(microseconds=1)
    moments = {time + shift for time, *_ in entries for shift in (-tick, 0 * tick, tick)}
    for moment in moments:
        until = [entry for entry in entries if entry[0] <= moment]
        posted = sum(amount if side == 2 else -amount for _, side, effect, amount, _ in until if effect == 1)
        pending_out = sum(amount for _, side, effect, amount, _ in until if effect == 2 and side == 1)
        then = await balance(engine, "w", moment)
        assert (then.posted, then.pending_out) == (Money(posted, "usd"), Money(pending_out, "usd"))
        assert then.available == Money(posted - pending_out, "usd")
        assert then.version == len(until)
        assert then.record_time == (until[-1][0] if until else None)
    assert await balance(engine, "w", datetime(9000, 1, 1, tzinfo=UTC)) == await balance(engine, "w")


async def test_an_account_is_found_by_code_and_by_id_with_its_owner(engine: AsyncEngine) -> None:
    await post(engine, transfer(spec("cash"), chart.wallet("user:1", "usd"), 100))
    async with engine.begin() as connection:
        reader = LedgerReader(connection)
        account = await reader.account("wallet:user:1:usd")
        assert account is not None
        assert await reader.account(account.id) == account
        assert await reader.account("wallet:user:2:usd") is None
        assert await reader.account(new_id()) is None
        assert await reader.balance("nobody") is None
    assert (account.owner_id, account.floor_minor, account.kind) == ("user:1", 0, AccountKind.LIABILITY)


async def test_a_history_is_read_in_pages_newest_first(engine: AsyncEngine) -> None:
    for number in range(7):
        await post(engine, transfer(spec("a"), spec("b"), number + 1))
    async with engine.begin() as connection:
        reader = LedgerReader(connection)
        account = await reader.account("b")
        assert account is not None
        first = await reader.entries(account.id, None, 3)
        second = await reader.entries(account.id, first[-1].entry.version, 3)
        third = await reader.entries(account.id, second[-1].entry.version, 3)
        assert await reader.entries(account.id, third[-1].entry.version, 3) == []
        assert await reader.entries(new_id(), None, 3) == []
    lines = [*first, *second, *third]
    assert [line.amount.amount_minor for line in lines] == [7, 6, 5, 4, 3, 2, 1]
    assert [line.posted_after.amount_minor for line in lines] == [28, 21, 15, 10, 6, 3, 1]


async def test_a_trial_balance_has_every_account_with_entries_and_balances(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        empty = await LedgerReader(connection).trial_balance()
    assert empty.accounts == ()

    euro = [AccountSpec(code, "eur", AccountKind.ASSET) for code in ("eur:a", "eur:b")]
    refused = transfer(spec("unused", floor_minor=0), spec("b"), 1)
    await post(engine, transfer(spec("a"), spec("b"), 3), transfer(spec("b"), spec("a"), 1), refused)
    euros = PostRequest(
        transaction_id=new_id(), reference="eur", postings=(Posting(euro[0], euro[1], Money(9, "eur")),)
    )
    await post(engine, euros)
    async with engine.begin() as connection:
        whole = await LedgerReader(connection).trial_balance()
        euros_only = await LedgerReader(connection).trial_balance("eur")
    assert [(account.code, account.posted_minor) for account in whole.accounts] == [
        ("a", -2),
        ("b", 2),
        ("eur:a", 9),
        ("eur:b", -9),
    ]
    assert [account.code for account in euros_only.accounts] == ["eur:a", "eur:b"]
    assert whole.record_time > empty.record_time
