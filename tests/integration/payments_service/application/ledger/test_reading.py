"""Reading: balances at any time, transactions by every filter, entries, and verification."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from payments_service.storage.url import database_url as sqlalchemy_url
from tests.integration.payments_service.application.ledger.teller import Teller

A, B, C = "caller:a", "caller:b", "caller:c"


def at(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message


async def pages(teller: Teller, **fields: Any) -> list[Any]:
    """All transactions of a list, two a page."""
    found: list[Any] = []
    token = ""
    while True:
        page = await teller.call("ListTransactions", page_size=2, page_token=token, **fields)
        found += page.transactions
        token = page.next_page_token
        if not token:
            return found


async def test_balances_are_given_in_the_order_asked_for_and_all_or_none(teller: Teller) -> None:
    await teller.accounts(A, B)
    account_id = (await teller.call("GetLedgerAccount", code=B)).ledger_account.id
    await teller.post(A, B, 5)
    reply = await teller.call("BatchGetBalances", accounts=[account_id, A, account_id])
    assert [balance.code for balance in reply.balances] == [B, A, B]
    failed = await teller.fails("BatchGetBalances", accounts=[A, "caller:nobody"])
    assert (failed.reason, failed.metadata["code"]) == ("LEDGER_ACCOUNT_NOT_FOUND", "caller:nobody")
    assert (await teller.fails("GetBalance", code="a\0b")).reason == "LEDGER_ACCOUNT_NOT_FOUND"


async def test_balances_are_given_as_recorded_and_as_it_happened(teller: Teller) -> None:
    await teller.accounts(A, B)
    now = datetime.now(UTC)
    first = (await teller.post(A, B, 1)).transaction.record_time
    await teller.post(A, B, 10, effective_time=at(now - timedelta(days=3)))
    two_days_ago = at(now - timedelta(days=2))

    async def posted(**time: Timestamp) -> list[int]:
        reply = await teller.call("BatchGetBalances", accounts=[A, B], **time)
        return [balance.posted.amount_minor for balance in reply.balances]

    assert await posted() == [-11, 11]
    assert await posted(record_time=first) == [-1, 1]
    assert await posted(record_time=two_days_ago) == [0, 0]
    assert await posted(effective_time=two_days_ago) == [-10, 10]
    assert (await teller.balance(B, record_time=first)).version == 1
    failed = await teller.fails("GetBalance", code=A, record_time=first, effective_time=first)
    assert "record_time or effective_time" in failed.message


async def test_transactions_are_listed_newest_first_by_page(teller: Teller) -> None:
    await teller.accounts(A, B, C)
    made = [(await teller.post(A, B if number % 2 else C, number + 1)).transaction.id for number in range(7)]
    assert [one.id for one in await pages(teller)] == made[::-1]
    assert [one.id for one in await pages(teller, account=C)] == made[::-2]
    token = (await teller.call("ListTransactions", page_size=1)).next_page_token
    assert (await teller.fails("ListTransactions", account=A, page_token=token)).reason == "PAGE_TOKEN_INVALID"
    assert (await teller.fails("ListTransactions", account="caller:nobody")).reason == "LEDGER_ACCOUNT_NOT_FOUND"


async def test_a_transaction_with_several_entries_in_an_account_is_listed_once(teller: Teller) -> None:
    await teller.accounts(A, B, C)
    lines = [
        ledger_pb2.Posting(debit_account=A, credit_account=to, amount={"amount_minor": 1, "currency_code": "usd"})
        for to in (B, C, B)
    ]
    made = []
    for _ in range(3):
        draft = ledger_pb2.NewTransaction(postings=lines)
        made.append((await teller.call("PostTransaction", transaction=draft)).transaction)
    found = await pages(teller, account=A)
    assert [one.id for one in found] == [one.id for one in made[::-1]]
    assert found[0] == made[2]


async def test_transactions_are_found_by_what_is_known_of_them(teller: Teller) -> None:
    await teller.accounts(A, B)
    old = at(datetime(2020, 1, 1, tzinfo=UTC))
    first = (await teller.post(A, B, 1, reference="order-1", metadata={"order": "1", "shop": "x"})).transaction.id
    second = (await teller.post(A, B, 2, reference="order-2", metadata={"order": "2", "shop": "x"})).transaction.id
    hold = (await teller.post(A, B, 3, pending=True, effective_time=old, reference="hold_1")).transaction.id
    part = (await teller.act("PostPending", hold, 1)).transaction.id

    async def ids(**fields: Any) -> list[str]:
        return [one.id for one in await pages(teller, **fields)]

    assert await ids(metadata={"shop": "x"}) == [second, first]
    assert await ids(metadata={"shop": "x", "order": "1"}) == [first]
    assert await ids(metadata={"order": "3"}) == []
    assert await ids(reference_prefix="order-") == [second, first]
    assert await ids(reference_prefix="order_") == []
    assert await ids(kinds=["LEDGER_TRANSACTION_KIND_HOLD", "LEDGER_TRANSACTION_KIND_CAPTURE"]) == [part, hold]
    assert await ids(target_transaction_id=hold) == [part]
    assert await ids(effective_time_before=at(datetime(2020, 1, 2, tzinfo=UTC))) == [hold]
    assert await ids(effective_time_from=at(datetime(2020, 1, 2, tzinfo=UTC)), account=A) == [part, second, first]
    assert await ids(account=B, metadata={"order": "2"}) == [second]
    for wrong in ({"metadata": {"k": "\0"}}, {"reference_prefix": "\0"}, {"target_transaction_id": "x"}):
        assert (await teller.fails("ListTransactions", **wrong)).reason == "REQUEST_INVALID"


async def test_an_entry_shows_the_reference_as_the_caller_gave_it(teller: Teller) -> None:
    await teller.accounts(A, B)
    await teller.post(A, B, 1, reference="order-1")
    (entry,) = (await teller.call("ListEntries", code=A)).entries
    assert entry.reference == "order-1"


async def test_nothing_of_that_name_is_not_found(teller: Teller) -> None:
    for key in (
        {"transaction_id": "lt_00000000000000000000000000"},
        {"transaction_id": "x"},
        {"reference": "nobody's"},
        {"reference": "stripe:txn_1"},
        {"reference": "a\0b"},
    ):
        failed = await teller.fails("GetTransaction", **key)
        assert (failed.code, failed.reason) == ("NOT_FOUND", "LEDGER_TRANSACTION_NOT_FOUND")


async def busy_account(teller: Teller) -> None:
    """An account with entries of every kind."""
    await teller.accounts(A, B)
    for day in (3, 2, 9):
        await teller.post(A, B, day, effective_time=at(datetime(2026, 1, day, tzinfo=UTC)))
    hold = (await teller.post(A, B, 50, pending=True)).transaction.id
    await teller.act("PostPending", hold, 20)
    await teller.act("VoidPending", hold)
    await teller.act("Reverse", (await teller.post(A, B, 7)).transaction.id, 3)


async def test_an_account_that_is_right_is_verified(teller: Teller) -> None:
    await busy_account(teller)
    for code in (A, B):
        found = await teller.call("VerifyLedgerAccount", code=code)
        assert (found.consistent, found.entries_checked, list(found.differences)) == (True, 8, [])
    assert (await teller.fails("VerifyLedgerAccount", code="caller:nobody")).reason == "LEDGER_ACCOUNT_NOT_FOUND"


async def test_every_corruption_of_an_account_is_found(teller: Teller, database_url: str) -> None:
    await busy_account(teller)
    account = "account_id = (SELECT id FROM ledger_accounts WHERE code = 'caller:a')"
    corruptions = {
        "UPDATE ledger_accounts SET posted_debits = posted_debits + 1 WHERE code = 'caller:a'": "the account has",
        f"UPDATE ledger_entries SET posted_debits = posted_debits + 1 WHERE {account} AND version = 3": "after entry 3",
        f"UPDATE ledger_entries SET amount_minor = 4 WHERE {account} AND version = 1": "after entry 1",
        f"UPDATE ledger_entries SET side = 2 WHERE {account} AND version = 2": "after entry 2",
        f"DELETE FROM ledger_entries WHERE {account} AND version = 4": "before entry 5 is missing",
        f"DELETE FROM ledger_entries WHERE {account}": "entry 1 is missing",
        f"UPDATE ledger_entries SET record_time = '2020-01-01' WHERE {account} AND version = 5": "entry 5 was recorded",
        f"DELETE FROM ledger_shifted_entries WHERE {account} AND version = 2": "entry 2 is not known",
        f"UPDATE ledger_shifted_entries SET shifted_debits = 0 WHERE {account} AND version = 3": "wrong after entry 3",
        f"UPDATE ledger_effective_totals SET debits = 1 WHERE {account} AND width = 1": "totals by effective time",
        f"DELETE FROM ledger_effective_totals WHERE {account}": "totals by effective time",
    }
    engine = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    tables = ("ledger_accounts", "ledger_entries", "ledger_shifted_entries", "ledger_effective_totals")
    with engine.begin() as owner:
        for table in tables:
            owner.execute(text(f"CREATE TABLE kept_{table} AS TABLE {table}"))
    for statement, said in corruptions.items():
        with engine.begin() as owner:
            assert owner.execute(text(statement)).rowcount > 0, statement
        found = await teller.call("VerifyLedgerAccount", code=A)
        assert not found.consistent
        assert any(said in difference for difference in found.differences), (statement, found.differences)
        with engine.begin() as owner:
            for table in tables:
                owner.execute(text(f"DELETE FROM {table}"))
                owner.execute(text(f"INSERT INTO {table} TABLE kept_{table}"))
    assert (await teller.call("VerifyLedgerAccount", code=A)).consistent
