"""Pending transactions: posted in parts, voided, expired by the worker; and reversals."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import ledger_pb2

from payments_service.application.ledger.expire_holds import BATCH_MAX, ExpireHolds
from tests.integration.payments_service.application.ledger.teller import Teller, posting

A, B = "caller:a", "caller:b"
CAPTURED, VOIDED, EXPIRED, OPEN = (
    ledger_pb2.PENDING_STATE_CAPTURED,
    ledger_pb2.PENDING_STATE_VOIDED,
    ledger_pb2.PENDING_STATE_EXPIRED,
    ledger_pb2.PENDING_STATE_OPEN,
)


async def pending_state(teller: Teller, hold: str) -> tuple[Any, list[int]]:
    """What has become of a pending transaction, and what is left of its postings."""
    found = (await teller.call("GetTransaction", transaction_id=hold)).transaction
    return found.pending_state, [line.remaining.amount_minor for line in found.postings]


async def test_a_pending_transaction_is_posted_in_parts_and_the_rest_given_back(teller: Teller) -> None:
    await teller.accounts(A, B)
    held = await teller.post(A, B, 70, pending=True)
    hold = held.transaction.id
    assert held.transaction.pending_state == OPEN
    assert [balance.pending_out.amount_minor for balance in held.balances] == [70, 0]

    part = await teller.act("PostPending", hold, 30, reference="part", description="first part")
    assert part.transaction.target_transaction_id == hold
    assert [balance.posted.amount_minor for balance in part.balances] == [-30, 30]
    assert await pending_state(teller, hold) == (OPEN, [40])
    assert (await teller.act_refused("PostPending", hold, 41)).reason == "HOLD_EXHAUSTED"
    await teller.act("PostPending", hold, 15)
    await teller.act("VoidPending", hold)
    assert await pending_state(teller, hold) == (VOIDED, [0])
    assert (await teller.act_refused("VoidPending", hold)).reason == "HOLD_EXHAUSTED"
    assert await teller.posted(A, B) == [-45, 45]


async def test_it_is_found_by_its_reference_too(teller: Teller) -> None:
    await teller.accounts(A, B)
    await teller.post(A, B, 70, pending=True, reference="hold-1")
    target = ledger_pb2.TargetedTransaction(target_reference="hold-1")
    await teller.call("PostPendingTransaction", transaction=target)
    assert await teller.posted(A, B) == [-70, 70]


async def test_a_dry_run_of_a_capture_posts_nothing(teller: Teller) -> None:
    await teller.accounts(A, B)
    hold = (await teller.post(A, B, 70, pending=True)).transaction.id
    target = ledger_pb2.TargetedTransaction(target_transaction_id=hold)
    tried = await teller.call("PostPendingTransaction", transaction=target, dry_run=True)
    assert [balance.posted.amount_minor for balance in tried.balances] == [-70, 70]
    assert await pending_state(teller, hold) == (OPEN, [70])


async def test_a_hold_that_expires_is_given_back_by_the_worker_and_cannot_be_posted_before(teller: Teller) -> None:
    await teller.accounts(A, B)
    expire_time = Timestamp()
    expire_time.FromDatetime(datetime.now(UTC) + timedelta(milliseconds=400))
    hold = (await teller.post(A, B, 70, pending=True, expire_time=expire_time)).transaction.id
    used = (await teller.post(A, B, 5, pending=True, expire_time=expire_time)).transaction.id
    later = (await teller.post(A, B, 9, pending=True, expire_time=Timestamp(seconds=2**32))).transaction.id
    await teller.act("PostPending", used)
    worker = ExpireHolds(teller.core.transactions)
    assert await worker.run_once() == 0
    await teller.sql("SELECT pg_sleep_until(CAST(:time AS timestamptz))", time=expire_time.ToDatetime(UTC))

    assert await pending_state(teller, hold) == (EXPIRED, [70])
    assert (await teller.act_refused("PostPending", hold)).reason == "HOLD_EXHAUSTED"
    assert sum(await asyncio.gather(worker.run_once(), worker.run_once())) == 2
    assert await worker.run_once() == 0
    assert await pending_state(teller, hold) == (EXPIRED, [0])
    assert await pending_state(teller, used) == (CAPTURED, [0])
    assert (await teller.balance(A)).pending_out.amount_minor == 9
    assert (await teller.call("GetTransaction", reference=f"expiry:{hold}")).transaction.actor == "hold_expiry"
    assert await pending_state(teller, later) == (OPEN, [9])


async def test_what_cannot_expire_holds_up_no_other_and_is_tried_again_later(teller: Teller) -> None:
    await teller.accounts(A, B)
    expire_time = Timestamp()
    expire_time.FromDatetime(datetime.now(UTC) + timedelta(milliseconds=300))
    hold = (await teller.post(A, B, 70, pending=True, expire_time=expire_time)).transaction.id
    await teller.sql(
        "INSERT INTO ledger_hold_expiries (expire_time, transaction_id) "
        "SELECT now() - interval '1 hour', gen_random_uuid() FROM generate_series(1, :many)",
        many=BATCH_MAX,
    )
    await teller.sql("SELECT pg_sleep_until(CAST(:time AS timestamptz))", time=expire_time.ToDatetime(UTC))
    worker = ExpireHolds(teller.core.transactions)
    assert [await worker.run_once() for _ in range(3)] == [BATCH_MAX, 1, 0]
    assert await pending_state(teller, hold) == (EXPIRED, [0])
    await teller.sql("UPDATE ledger_hold_expiries SET next_attempt_time = now() WHERE next_attempt_time > now()")
    assert [await worker.run_once() for _ in range(2)] == [BATCH_MAX, 0]


@pytest.mark.parametrize("verb", ["PostPending", "VoidPending", "Reverse"])
async def test_only_what_is_there_can_be_acted_on(teller: Teller, verb: str) -> None:
    for target in ("lt_00000000000000000000000000", "not an id"):
        assert (await teller.act_refused(verb, target)).reason == "LEDGER_TRANSACTION_NOT_FOUND"
    nobodys = ledger_pb2.TargetedTransaction(target_reference="nobody's")
    assert (await teller.fails(f"{verb}Transaction", transaction=nobodys)).reason == "LEDGER_TRANSACTION_NOT_FOUND"
    nothing = await teller.fails(f"{verb}Transaction", transaction=ledger_pb2.TargetedTransaction())
    assert list(nothing.fields) == ["transaction.target"]


async def test_what_is_pending_is_voided_and_what_is_posted_reversed(teller: Teller) -> None:
    await teller.accounts(A, B)
    hold = (await teller.post(A, B, 5, pending=True)).transaction.id
    sale = (await teller.post(A, B, 5)).transaction.id
    undo = (await teller.act("Reverse", sale, 2)).transaction.id
    for verb, target, state in (("Reverse", hold, "hold"), ("VoidPending", sale, "post"), ("Reverse", undo, "reverse")):
        failed = await teller.act_refused(verb, target)
        assert (failed.reason, failed.metadata["state"]) == ("INVALID_STATE", state)


async def test_a_transaction_is_reversed_in_parts_up_to_what_it_moved(teller: Teller) -> None:
    await teller.accounts(A, B, "caller:c")
    lines = [posting(A, B, 70), posting(A, "caller:c", 30)]
    sale = (await teller.call("PostTransaction", transaction=ledger_pb2.NewTransaction(postings=lines))).transaction
    undo = await teller.act("Reverse", sale.id, 50, 0, reference="undo", description="sent back")
    (line,) = undo.transaction.postings
    assert (line.debit_account, line.credit_account, line.amount.amount_minor) == (B, A, 50)
    failed = await teller.act_refused("Reverse", sale.id, 21, 0)
    assert (failed.reason, failed.metadata["remaining_minor"]) == ("REVERSAL_EXCEEDS_ORIGINAL", "20,30")
    assert (await teller.act_refused("Reverse", sale.id, 1)).reason == "REQUEST_INVALID"
    await teller.act("Reverse", sale.id)
    assert await teller.posted(A, B, "caller:c") == [0, 0, 0]
    found = (await teller.call("GetTransaction", transaction_id=sale.id)).transaction
    assert [line.HasField("remaining") for line in found.postings] == [False, False]


async def test_a_reversal_counts_when_its_original_did_if_so_wanted(teller: Teller) -> None:
    await teller.accounts(A, B)
    long_ago = Timestamp(seconds=1_700_000_000)
    sale = (await teller.post(A, B, 70, effective_time=long_ago)).transaction
    first = await teller.act("Reverse", sale.id, 10, at_original_time=True)
    second = await teller.act("Reverse", sale.id, 10)
    assert first.transaction.effective_time == long_ago
    assert second.transaction.effective_time == second.transaction.record_time
    balance = await teller.balance(B, effective_time=long_ago)
    assert balance.posted.amount_minor == 60
    assert not balance.HasField("available")


async def test_racing_captures_take_no_more_than_was_held(teller: Teller) -> None:
    await teller.accounts(A, B)
    hold = (await teller.post(A, B, 70, pending=True)).transaction.id

    async def capture(number: int) -> bool:
        draft = ledger_pb2.TargetedTransaction(target_transaction_id=hold, part_minor=[10], reference=f"part-{number}")
        items = [{"post_pending": draft}]
        (outcome,) = await teller.batch(*items)
        return not outcome.HasField("error")

    granted = await asyncio.gather(*(capture(number) for number in range(20)))
    assert sum(granted) == 7
    assert await pending_state(teller, hold) == (CAPTURED, [0])
