"""Batches: each item alone or in a group, in order, each with its own outcome."""

from typing import Any

from payments_api.v1 import error_reason_pb2, ledger_pb2

from tests.integration.payments_service.application.ledger.teller import Teller, posting

A, B = "caller:a", "caller:b"


def item(debit: str, credit: str, amount: int, group: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "post": ledger_pb2.NewTransaction(postings=[posting(debit, credit, amount)], **fields),
        "atomic_group": group,
    }


def reasons(outcomes: list[Any]) -> list[str]:
    """The reason of each outcome; empty for what was posted."""
    return [
        error_reason_pb2.ErrorReason.Name(outcome.error.reason).removeprefix("ERROR_REASON_")
        if outcome.HasField("error")
        else ""
        for outcome in outcomes
    ]


async def test_what_is_wrong_with_one_item_leaves_the_others_alone(teller: Teller) -> None:
    await teller.accounts(A, B)
    await teller.account("caller:poor", floor_minor=0)
    outcomes = await teller.batch(
        item(A, B, 1, reference="one"),
        item(A, B, 0),
        item(A, B, -5),
        item(A, B, 2**62),
        item(A, "caller:nobody", 1),
        item(A, "stripe:usd", 1),
        item(A, B, 1, reference="stripe:txn_1"),
        item("caller:poor", A, 5),
        item(A, "caller:poor", 5),
        item("caller:poor", A, 5),
        item(A, B, 1, reference="one"),
        item(A, B, 2, reference="one"),
        {},
        {"post": ledger_pb2.NewTransaction(effective_time={"seconds": 10**15})},
        item(A, B, 1, reference="x" * 256),
        item(A, B, 10),
    )
    assert reasons(outcomes) == [
        "",
        "AMOUNT_ZERO",
        "AMOUNT_NEGATIVE",
        "AMOUNT_TOO_LARGE",
        "LEDGER_ACCOUNT_NOT_FOUND",
        "LEDGER_ACCOUNT_RESERVED",
        "REFERENCE_RESERVED",
        "INSUFFICIENT_FUNDS",
        "",
        "",
        "",
        "REFERENCE_REUSED",
        "REQUEST_INVALID",
        "REQUEST_INVALID",
        "REQUEST_INVALID",
        "",
    ]
    assert outcomes[10].duplicate
    assert outcomes[10].transaction == outcomes[0].transaction
    assert dict(outcomes[1].error.field_violations) == {
        "postings[0].amount.amount_minor": "must be above 0: leave the posting out"
    }
    assert [balance.posted.amount_minor for balance in outcomes[15].balances] == [-11, 11]
    assert await teller.posted(A, B) == [-11, 11]


async def test_a_group_is_posted_whole_or_not_at_all(teller: Teller) -> None:
    await teller.accounts(A, B)
    await teller.account("caller:poor", floor_minor=0)
    outcomes = await teller.batch(
        item(A, B, 1, "good", reference="one"),
        item(A, B, 2, "good"),
        item(A, B, 4, "broken floor"),
        item("caller:poor", A, 1, "broken floor", reference="too much"),
        item(A, B, 8, "not a posting"),
        item(A, B, 0, "not a posting"),
        item(A, B, 16, "never read"),
        {"atomic_group": "never read"},
        item(A, B, 32),
    )
    assert reasons(outcomes) == [
        "",
        "",
        "INSUFFICIENT_FUNDS",
        "INSUFFICIENT_FUNDS",
        "AMOUNT_ZERO",
        "AMOUNT_ZERO",
        "REQUEST_INVALID",
        "REQUEST_INVALID",
        "",
    ]
    assert outcomes[2].error.metadata["refused_reference"] == "too much"
    assert await teller.posted(A, B) == [-35, 35]


async def test_a_group_in_pieces_is_refused_with_the_whole_batch(teller: Teller) -> None:
    await teller.accounts(A, B)
    items = [item(A, B, 1, "g"), item(A, B, 1), item(A, B, 1, "g")]
    failed = await teller.fails("BatchPostTransactions", items=items)
    assert list(failed.fields) == ["items"]
    assert await teller.posted(A, B) == [0, 0]


async def test_items_may_act_on_those_before_them(teller: Teller) -> None:
    await teller.accounts(A, B)
    by = ledger_pb2.TargetedTransaction
    outcomes = await teller.batch(
        item(A, B, 70, reference="hold", pending=True),
        {"post_pending": by(target_reference="hold", part_minor=[30], reference="part")},
        {"reverse": by(target_reference="part", part_minor=[10])},
        {"void_pending": by(target_reference="hold")},
        {"reverse": by(target_reference="part", part_minor=[21])},
        {"reverse": by(target_reference="to come")},
    )
    assert reasons(outcomes) == ["", "", "", "", "REVERSAL_EXCEEDS_ORIGINAL", "LEDGER_TRANSACTION_NOT_FOUND"]
    assert await teller.posted(A, B) == [-20, 20]


async def test_a_reference_that_a_batch_repeats_names_what_was_posted_under_it(teller: Teller) -> None:
    await teller.accounts(A, B)
    by = ledger_pb2.TargetedTransaction
    outcomes = await teller.batch(
        item(A, B, 0, reference="sale"),
        item(A, B, 70, reference="sale"),
        item(A, B, 70, reference="sale"),
        item(A, B, 71, reference="sale"),
        {"reverse": by(target_reference="sale", part_minor=[30])},
    )
    assert reasons(outcomes) == ["AMOUNT_ZERO", "", "", "REFERENCE_REUSED", ""]
    assert outcomes[4].transaction.target_transaction_id == outcomes[1].transaction.id
    assert await teller.posted(A, B) == [-40, 40]


async def test_the_same_key_gets_the_same_outcomes(teller: Teller) -> None:
    await teller.accounts(A, B)
    items = [item(A, B, 1), item(A, B, 0)]
    first = await teller.call("BatchPostTransactions", idempotency_key="k", items=items)
    assert await teller.call("BatchPostTransactions", idempotency_key="k", items=items) == first
    assert await teller.posted(A, B) == [-1, 1]


async def test_a_dry_run_of_a_batch_sees_its_own_items(teller: Teller) -> None:
    await teller.accounts(A)
    await teller.account("caller:poor", floor_minor=0)
    items = [
        item(A, "caller:poor", 5, reference="in"),
        item("caller:poor", A, 5),
        item(A, "caller:poor", 5, reference="in"),
    ]
    outcomes = await teller.batch(*items, dry_run=True)
    assert reasons(outcomes) == ["", "", ""]
    assert [outcome.duplicate for outcome in outcomes] == [False, False, True]
    assert {outcome.transaction.id for outcome in outcomes} == {""}
    assert await teller.posted(A, "caller:poor") == [0, 0]


async def test_a_thousand_items_are_posted_at_once_and_one_more_is_too_many(teller: Teller) -> None:
    await teller.accounts(A, B)
    items = [item(A, B, 1) for _ in range(1001)]
    assert (await teller.fails("BatchPostTransactions", items=items)).reason == "REQUEST_INVALID"
    assert reasons(await teller.batch(*items[:1000])) == [""] * 1000
    assert await teller.posted(A, B) == [-1000, 1000]


async def test_an_empty_batch_is_refused(teller: Teller) -> None:
    assert (await teller.fails("BatchPostTransactions", items=[])).reason == "REQUEST_INVALID"
