"""Reversals: they move back no more than was moved, whole or in parts, and leave the original as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.domain.errors import Reason
from payments_service.domain.ledger.account import AccountState
from payments_service.domain.ledger.hold import HeldPosting, Hold
from payments_service.domain.ledger.outcome import Existing, Posted, Refused
from payments_service.domain.ledger.reversal import Original, OriginalPosting
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind
from tests.unit.payments_service.domain.ledger.examples import (
    NOW,
    account,
    new_uuid,
    posted,
    posting,
    reason,
    request,
    run,
)

ACCOUNTS = [account("a"), account("b"), account("c")]


def reverse(what: PostRequest, *parts: int, **fields: object) -> PostRequest:
    return request(kind=TransactionKind.REVERSE, target_id=what.transaction_id, part_minor=parts or None, **fields)


def test_a_reversal_moves_everything_back() -> None:
    sale = request(posting("a", "b", 70), posting("a", "c", 30))
    decision = run(ACCOUNTS, sale, reverse(sale))
    assert posted(decision) == [True, True]
    assert [one.posted_minor for one in decision.accounts] == [0, 0, 0]
    assert [(one.posted_debits, one.posted_credits) for one in decision.accounts] == [(100, 100), (70, 70), (30, 30)]
    reversal = decision.transactions[1]
    assert (reversal.kind, reversal.target_id) == (TransactionKind.REVERSE, sale.transaction_id)


def test_reversals_together_take_back_no_more_than_was_moved() -> None:
    sale = request(posting("a", "b", 70), posting("a", "c", 30))
    decision = run(
        ACCOUNTS,
        sale,
        reverse(sale, 50, 0),
        reverse(sale, 21, 0),
        reverse(sale, 0, 31),
        reverse(sale, 20, 10),
        reverse(sale),
        reverse(sale),
    )
    assert posted(decision) == [True, True, False, False, True, True, False]
    assert {reason(decision.outcomes[index]) for index in (2, 3, 6)} == {Reason.REVERSAL_EXCEEDS_ORIGINAL}
    refused = decision.outcomes[2]
    assert isinstance(refused, Refused)
    assert refused.error.metadata == {"remaining_minor": "20,30"}
    assert [one.posted_minor for one in decision.accounts] == [0, 0, 0]


def test_what_earlier_batches_reversed_counts() -> None:
    line = OriginalPosting(index=0, debit="a", credit="b", currency="usd", posted_minor=70, reversed_minor=60)
    original = Original(new_uuid(), TransactionKind.POST, NOW, (line,))
    later = request(kind=TransactionKind.REVERSE, target_id=original.transaction_id, part_minor=(11,))
    targets = {original.transaction_id: original}
    decision = run(ACCOUNTS, later, replace(later, part_minor=(10,)), targets=targets)
    assert posted(decision) == [False, True]


@pytest.mark.parametrize("parts", [(1,), (1, 1, 1)])
def test_parts_must_be_one_for_each_posting(parts: tuple[int, ...]) -> None:
    sale = request(posting("a", "b", 70), posting("a", "c", 30))
    decision = run(ACCOUNTS, sale, reverse(sale, *parts))
    assert reason(decision.outcomes[1]) is Reason.REQUEST_INVALID


def test_a_capture_can_be_reversed_and_its_postings_keep_the_numbers_of_the_hold() -> None:
    hold = request(posting("a", "b", 10), posting("a", "c", 5), kind=TransactionKind.HOLD)
    capture = request(kind=TransactionKind.CAPTURE, target_id=hold.transaction_id, part_minor=(0, 5))
    decision = run(ACCOUNTS, hold, capture, reverse(capture, 2), reverse(capture, 3), reverse(capture, 1))
    assert posted(decision) == [True, True, True, True, False]
    reversal = decision.outcomes[2]
    assert isinstance(reversal, Posted)
    assert {entry.posting_index for entry in reversal.entries} == {1}
    assert [one.posted_minor for one in decision.accounts] == [0, 0, 0]


@pytest.mark.parametrize(
    "kind", [TransactionKind.HOLD, TransactionKind.VOID, TransactionKind.EXPIRE, TransactionKind.REVERSE]
)
def test_only_what_moved_money_can_be_reversed(kind: TransactionKind) -> None:
    line = OriginalPosting(index=0, debit="a", credit="b", currency="usd", posted_minor=70)
    target: Hold | Original = Original(new_uuid(), kind, NOW, (line,))
    if kind is TransactionKind.HOLD:
        target = Hold(target.transaction_id, (HeldPosting("a", "b", "usd", 70),))
    undo = request(kind=TransactionKind.REVERSE, target_id=target.transaction_id)
    (outcome,) = run(ACCOUNTS, undo, targets={target.transaction_id: target}).outcomes
    assert isinstance(outcome, Refused)
    assert (outcome.error.reason, outcome.error.metadata) == (Reason.INVALID_STATE, {"state": kind.value})


def test_what_is_not_there_cannot_be_reversed() -> None:
    (outcome,) = run(ACCOUNTS, request(kind=TransactionKind.REVERSE, target_id=new_uuid())).outcomes
    assert reason(outcome) is Reason.LEDGER_TRANSACTION_NOT_FOUND


def test_a_reversal_respects_floors_and_freezes_unless_it_is_a_fact() -> None:
    wallet = account("wallet", floor_minor=0)
    fill, spend = request(posting("a", "wallet", 70)), request(posting("wallet", "b", 30))
    decision = run([*ACCOUNTS, wallet], fill, spend, reverse(fill), reverse(fill, 40), reverse(fill, forced=True))
    assert [reason(outcome) for outcome in decision.outcomes] == [None, None, Reason.INSUFFICIENT_FUNDS, None, None]

    frozen = [account("a"), account("b", state=AccountState.DEBIT_FROZEN)]
    sale = request(posting("a", "b", 5))
    assert reason(run(frozen, sale, reverse(sale)).outcomes[1]) is Reason.ACCOUNT_FROZEN


def test_a_reversal_counts_now_or_when_its_original_happened() -> None:
    before = NOW - timedelta(days=40)
    other = NOW - timedelta(days=3)
    sale = request(posting("a", "b", 70), effective_time=before)
    decision = run(
        ACCOUNTS,
        sale,
        reverse(sale, 1),
        reverse(sale, 1, at_original_time=True),
        reverse(sale, 1, effective_time=other),
        reverse(sale, 1, effective_time=other, at_original_time=True),
    )
    assert [one.effective_time for one in decision.transactions] == [before, NOW, before, other]
    assert reason(decision.outcomes[4]) is Reason.REQUEST_INVALID


def test_the_same_reversal_again_is_there_already_and_another_one_is_not_the_same() -> None:
    sale = request(posting("a", "b", 70))
    undo = reverse(sale, 5, reference="undo")
    decision = run(
        ACCOUNTS,
        sale,
        undo,
        replace(undo, transaction_id=new_uuid()),
        replace(undo, part_minor=(6,)),
        replace(undo, at_original_time=True),
    )
    first = decision.outcomes[1]
    assert isinstance(first, Posted)
    assert decision.outcomes[2] == Existing(first.transaction)
    assert {reason(outcome) for outcome in decision.outcomes[3:]} == {Reason.REFERENCE_REUSED}
    assert decision.accounts[0].posted_debits == 70
    assert decision.accounts[0].posted_credits == 5


def test_a_reversal_undone_with_its_group_leaves_all_of_the_original() -> None:
    sale, group = request(posting("a", "b", 70)), new_uuid()
    decision = run(
        ACCOUNTS, sale, reverse(sale, 70, atomic_group=group), reverse(sale, 1, atomic_group=group), reverse(sale, 70)
    )
    assert posted(decision) == [True, False, False, True]


def test_an_original_undone_with_its_group_cannot_be_reversed() -> None:
    group = new_uuid()
    sale = request(posting("a", "b", 70), atomic_group=group)
    decision = run(ACCOUNTS, sale, request(posting("a", "x", 1), atomic_group=group), reverse(sale))
    assert posted(decision) == [False, False, False]
    assert reason(decision.outcomes[2]) is Reason.LEDGER_TRANSACTION_NOT_FOUND


@pytest.mark.parametrize("amount", [70, 71, 0])
def test_who_names_a_repeated_reference_means_the_transaction_that_has_it(amount: int) -> None:
    sale = request(posting("a", "b", 70), reference="sale")
    repeated = request(posting("a", "b", amount), reference="sale")
    decision = run(ACCOUNTS, sale, repeated, reverse(repeated, 30, target_reference="sale"))
    assert posted(decision) == [True, False, True]
    undo = decision.transactions[1]
    assert undo.target_id == sale.transaction_id
    again = run(ACCOUNTS, replace(reverse(sale, 30), reference=undo.reference), existing=[undo])
    assert isinstance(again.outcomes[0], Existing)


def test_a_reference_whose_first_request_was_refused_is_that_of_the_second() -> None:
    broken, sale = (request(posting("a", "b", amount), reference="sale") for amount in (0, 70))
    decision = run(ACCOUNTS, broken, sale, reverse(sale, target_reference="sale"))
    assert posted(decision) == [False, True, True]


def test_a_reference_of_a_group_that_was_refused_is_nobodys() -> None:
    group = new_uuid()
    sale, repeated = (request(posting("a", "b", 70), reference="sale", atomic_group=group) for _ in range(2))
    broken = request(posting("a", "b", 0), atomic_group=group)
    decision = run(ACCOUNTS, sale, repeated, broken, reverse(repeated, target_reference="sale"))
    assert posted(decision) == [False] * 4
    assert reason(decision.outcomes[3]) is Reason.LEDGER_TRANSACTION_NOT_FOUND
