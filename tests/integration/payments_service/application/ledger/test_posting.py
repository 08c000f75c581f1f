"""Posting a transaction: what is answered, what is refused and why, and what is only tried."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2

from tests.integration.payments_service.application.ledger.teller import Teller, condition, posting

A, B = "caller:a", "caller:b"


def timestamp(*moment: int) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(datetime(*moment, tzinfo=UTC))  # type: ignore[arg-type, misc]  # parts of a date
    return message


async def test_a_transaction_is_answered_with_what_was_posted_and_the_balances_after(teller: Teller) -> None:
    await teller.accounts(A, B)
    when = timestamp(2026, 1, 2, 3)
    reply = await teller.post(
        A, B, 70, reference="order-1", description="rent", metadata={"order": "1"}, effective_time=when
    )
    made = reply.transaction
    assert (made.reference, made.description, dict(made.metadata)) == ("order-1", "rent", {"order": "1"})
    assert (made.kind, made.effective_time, made.actor) == (ledger_pb2.LEDGER_TRANSACTION_KIND_POST, when, "shop")
    (line,) = made.postings
    assert (line.debit_account, line.credit_account, line.amount.amount_minor) == (A, B, 70)
    assert line.remaining == line.amount
    assert [(one.code, one.posted.amount_minor, one.version) for one in reply.balances] == [(A, -70, 1), (B, 70, 1)]
    assert not reply.duplicate
    for key in ({"transaction_id": made.id}, {"reference": "order-1"}):
        assert (await teller.call("GetTransaction", **key)).transaction == made


async def test_accounts_may_be_named_by_id(teller: Teller) -> None:
    first, second = await teller.account(A), await teller.account(B)
    reply = await teller.post(first.id, second.id, 5, conditions=[condition(second.id, expected_version=0)])
    assert [balance.code for balance in reply.balances] == [A, B]


async def test_the_same_key_gets_the_same_reply_and_nothing_is_posted_twice(teller: Teller) -> None:
    await teller.accounts(A, B)
    draft = ledger_pb2.NewTransaction(postings=[posting(A, B, 5)])
    first = await teller.call("PostTransaction", idempotency_key="k", transaction=draft)
    assert await teller.call("PostTransaction", idempotency_key="k", transaction=draft) == first
    assert await teller.posted(A, B) == [-5, 5]
    draft.description = "other"
    failed = await teller.fails("PostTransaction", idempotency_key="k", transaction=draft)
    assert failed.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_the_same_reference_is_the_same_fact_or_an_error(teller: Teller) -> None:
    await teller.accounts(A, B)
    first = await teller.post(A, B, 5, reference="order-1")
    await teller.post(A, B, 7)
    again = await teller.post(A, B, 5, reference="order-1")
    assert again.duplicate
    assert again.transaction == first.transaction
    assert again.balances == first.balances
    failed = await teller.refused(A, B, 6, reference="order-1")
    assert (failed.code, failed.reason, failed.metadata["reference"]) == (
        "ALREADY_EXISTS",
        "REFERENCE_REUSED",
        "order-1",
    )
    assert "caller/" not in failed.message


async def test_backends_share_one_space_of_references(teller: Teller) -> None:
    await teller.accounts(A, B)
    first = await teller.post(A, B, 5, reference="order-1")
    again = await teller.other("warehouse").post(A, B, 5, reference="order-1")
    assert (again.duplicate, again.transaction.id) == (True, first.transaction.id)


async def test_conditions_must_hold(teller: Teller) -> None:
    await teller.accounts(A, B)
    await teller.post(A, B, 10, conditions=[condition(B, expected_version=0, available_min_minor=10)])
    failed = await teller.refused(B, A, 4, conditions=[condition(B, available_min_minor=7)])
    assert (failed.reason, failed.metadata["minimum_minor"]) == ("INSUFFICIENT_FUNDS", "7")
    stale = await teller.refused(B, A, 4, conditions=[condition(B, expected_version=0)])
    assert (stale.reason, stale.metadata["version"]) == ("VERSION_MISMATCH", "1")


async def test_a_dry_run_answers_the_same_and_posts_nothing(teller: Teller) -> None:
    await teller.accounts(A, B)
    tried = await teller.post(A, B, 5, dry_run=True, reference="order-1")
    assert tried.transaction.id == ""
    assert [balance.posted.amount_minor for balance in tried.balances] == [-5, 5]
    assert await teller.posted(A, B) == [0, 0]
    posted = await teller.post(A, B, 5, reference="order-1")
    assert not posted.duplicate
    assert posted.transaction.postings == tried.transaction.postings
    assert (await teller.post(A, B, 5, dry_run=True, reference="order-1")).duplicate
    draft = ledger_pb2.NewTransaction(postings=[posting(A, "caller:nobody", 5)])
    failed = await teller.fails("PostTransaction", transaction=draft, dry_run=True)
    assert failed.reason == "LEDGER_ACCOUNT_NOT_FOUND"


async def test_a_dry_run_leaves_its_key_for_the_real_one(teller: Teller) -> None:
    await teller.accounts(A, B)
    draft = ledger_pb2.NewTransaction(postings=[posting(A, B, 5)])
    await teller.call("PostTransaction", idempotency_key="k", transaction=draft, dry_run=True)
    assert (await teller.call("PostTransaction", idempotency_key="k", transaction=draft)).transaction.id


def exchange(*postings: ledger_pb2.Posting, **fields: Any) -> ledger_pb2.NewTransaction:
    return ledger_pb2.NewTransaction(postings=postings, **({"metadata": {"fx_rate": "0.9"}} | fields))


async def test_money_changes_its_currency_through_the_fx_accounts(teller: Teller) -> None:
    await teller.account(A)
    await teller.account("caller:euro", currency_code="eur")
    both = (posting(A, "fx:usd", 100), posting("fx:eur", "caller:euro", 90, "eur"))

    tried = await teller.call("PostTransaction", transaction=exchange(*both), dry_run=True)
    assert len(tried.balances) == 4
    assert await teller.sql("SELECT code FROM ledger_accounts WHERE code LIKE 'fx:%'") == []
    made = await teller.call("PostTransaction", transaction=exchange(*both))
    assert await teller.posted(A, "caller:euro", "fx:usd", "fx:eur") == [-100, 90, 100, -90]
    await teller.act("Reverse", made.transaction.id)
    assert await teller.posted(A, "caller:euro", "fx:usd", "fx:eur") == [0, 0, 0, 0]
