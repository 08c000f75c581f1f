"""What facts take beyond a balance is owed: it ends in the receivable whatever their order, and comes back first."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.errors import Reason
from payments_service.domain.ledger.account import TOTAL_MINOR_MAX, Account, AccountKind
from payments_service.domain.ledger.outcome import Posted, Refused
from payments_service.domain.ledger.transaction import (
    SETTLING_INDEX_FIRST,
    Condition,
    PostRequest,
    TransactionKind,
)
from tests.unit.payments_service.domain.ledger.examples import account, new_uuid, posted, posting, reason, request, run

PAYABLE, OWED = "creator:acn_1:payable:usd", "receivable:acn_1:usd"
WALLET, WALLET_OWED = "wallet:o:usd", "receivable:o:usd"


def books() -> list[Account]:
    return [
        account("stripe:usd", AccountKind.ASSET),
        account(PAYABLE, floor_minor=0),
        account(OWED, AccountKind.ASSET),
        account(WALLET, floor_minor=0),
        account(WALLET_OWED, AccountKind.ASSET),
    ]


def earn(amount: int, code: str = PAYABLE, **fields: object) -> PostRequest:
    return request(posting("stripe:usd", code, amount), **fields)


def take(amount: int, code: str = PAYABLE, **fields: object) -> PostRequest:
    return request(posting(code, "stripe:usd", amount), **fields)


def figures(accounts: list[Account], *batches: list[PostRequest]) -> dict[str, int]:
    """The balances after batches, one after the other; zeros are left out."""
    now = {one.code: one for one in accounts}
    for batch in batches:
        now |= {one.code: one for one in run(now.values(), *batch).accounts}
    return {code: one.posted_minor for code, one in now.items() if one.posted_minor}


def forced(*requests: PostRequest) -> list[PostRequest]:
    return [replace(one, forced=True) for one in requests]


@pytest.mark.parametrize(("code", "owed"), [(PAYABLE, OWED), (WALLET, WALLET_OWED)])
def test_a_fact_takes_what_there_is_and_the_rest_is_owed(code: str, owed: str) -> None:
    (outcome,) = forced(take(100, code))
    decision = run(books(), *forced(earn(30, code)), outcome)
    assert posted(decision) == [True, True]
    assert {one.code: one.posted_minor for one in decision.accounts} == {"stripe:usd": -70, code: 0, owed: 70}
    assert len(decision.transactions) == 2


def test_the_transaction_keeps_what_was_asked_for_and_shows_what_the_ledger_added() -> None:
    (outcome,) = run(books(), *forced(take(100))).outcomes
    assert isinstance(outcome, Posted)
    codes = {account.id: account.code for account in outcome.accounts_after}
    assert [(codes[e.account_id], e.posting_index, e.side.name, e.amount_minor) for e in outcome.entries] == [
        (PAYABLE, 0, "DEBIT", 100),
        ("stripe:usd", 0, "CREDIT", 100),
        (OWED, SETTLING_INDEX_FIRST, "DEBIT", 100),
        (PAYABLE, SETTLING_INDEX_FIRST, "CREDIT", 100),
    ]


def test_what_comes_in_settles_what_is_owed_first() -> None:
    assert figures(books(), forced(take(100)), [earn(40)]) == {"stripe:usd": -60, OWED: 60}
    assert figures(books(), forced(take(100)), [earn(40)], forced(earn(90))) == {"stripe:usd": 30, PAYABLE: 30}


def test_nothing_can_be_taken_while_something_is_owed() -> None:
    decision = run(books(), *forced(take(100)), take(1), request(posting("stripe:usd", PAYABLE, 100)), take(1))
    assert [reason(outcome) for outcome in decision.outcomes] == [
        None,
        Reason.INSUFFICIENT_FUNDS,
        None,
        Reason.INSUFFICIENT_FUNDS,
    ]
    refused = decision.outcomes[1]
    assert isinstance(refused, Refused)
    assert refused.error.metadata == {"code": PAYABLE, "available_minor": "0", "receivable_minor": "100"}


def test_a_debt_that_was_booked_by_hand_blocks_what_is_there() -> None:
    accounts = books()
    charged = request(posting(OWED, "stripe:usd", 5))
    decision = run(accounts, earn(100), charged, take(1), request(posting("stripe:usd", PAYABLE, 1)), take(96))
    assert posted(decision) == [True, True, False, True, True]
    assert {one.code: one.posted_minor for one in decision.accounts} == {"stripe:usd": 0, PAYABLE: 0, OWED: 0}


def test_a_request_may_bring_and_take_as_long_as_it_brings_more() -> None:
    mixed = request(posting("stripe:usd", PAYABLE, 50), posting(PAYABLE, "stripe:usd", 20))
    assert figures(books(), forced(take(100)), [mixed]) == {"stripe:usd": -70, OWED: 70}


def test_a_condition_sees_what_is_left_once_the_debt_is_settled() -> None:
    asking = earn(130, conditions=(Condition(PAYABLE, available_min_minor=31),))
    decision = run(books(), *forced(take(100)), asking, replace(asking, conditions=()))
    assert posted(decision) == [True, False, True]


def test_a_hold_that_is_given_back_settles_what_is_owed() -> None:
    hold = take(70, kind=TransactionKind.HOLD)
    void = request(kind=TransactionKind.VOID, target_id=hold.transaction_id)
    held = run(books(), earn(100), hold, *forced(take(50)))
    assert {one.code: (one.posted_minor, one.available_minor) for one in held.accounts if one.code != "stripe:usd"} == {
        PAYABLE: (70, 0),
        OWED: (20, 20),
    }
    given_back = run(books(), earn(100), hold, *forced(take(50)), void)
    assert {one.code: (one.posted_minor, one.available_minor) for one in given_back.accounts} == {
        "stripe:usd": (50, 50),
        PAYABLE: (50, 50),
        OWED: (0, 0),
    }


def test_a_fact_that_is_reversed_takes_its_debt_back() -> None:
    (fact,) = forced(take(100))
    undo = request(kind=TransactionKind.REVERSE, target_id=fact.transaction_id)
    decision = run(books(), *forced(earn(30)), fact, undo)
    assert posted(decision) == [True, True, True]
    assert {one.code: one.posted_minor for one in decision.accounts} == {"stripe:usd": 30, PAYABLE: 30, OWED: 0}


def test_a_receivable_that_would_pass_64_bits_refuses_even_a_fact() -> None:
    accounts = [
        replace(one, posted_debits=TOTAL_MINOR_MAX - 5, version=1) if one.code == OWED else one for one in books()
    ]
    (outcome,) = run(accounts, *forced(take(6))).outcomes
    assert reason(outcome) is Reason.TOTAL_TOO_LARGE


def test_a_destination_charge_and_its_transfer_end_alike_in_either_order() -> None:
    charge, transfer = forced(earn(10_000), take(10_000))
    for order in permutations([charge, transfer]):
        assert figures(books(), [*order]) == {}
        assert figures(books(), *([one] for one in order)) == {}


AMOUNTS = st.integers(1, 50)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([PAYABLE, WALLET]), AMOUNTS), max_size=7), st.data())
def test_facts_end_in_the_same_balances_whatever_their_order_and_batches(
    facts: list[tuple[bool, str, int]], data: st.DataObject
) -> None:
    requests = forced(*((earn if comes else take)(amount, code) for comes, code, amount in facts))
    shuffled = data.draw(st.permutations(requests))
    cut = data.draw(st.integers(0, len(shuffled)))
    expected: dict[str, int] = {}
    for code, owed in ((PAYABLE, OWED), (WALLET, WALLET_OWED)):
        net = sum(amount if comes else -amount for comes, which, amount in facts if which == code)
        expected[code], expected[owed] = max(net, 0), max(-net, 0)
    found = figures(books(), [*shuffled[:cut]], [*shuffled[cut:]])
    assert {code: found.get(code, 0) for code in expected} == expected


@given(st.lists(st.tuples(st.booleans(), st.booleans(), AMOUNTS), max_size=10))
def test_an_owner_never_has_something_and_owes_something(facts: list[tuple[bool, bool, int]]) -> None:
    now = {one.code: one for one in books()}
    for comes, is_fact, amount in facts:
        one = (earn if comes else take)(amount, forced=is_fact, atomic_group=new_uuid())
        now |= {changed.code: changed for changed in run(now.values(), one).accounts}
        assert now[PAYABLE].available_minor >= 0
        assert now[OWED].posted_minor >= 0
        assert min(now[PAYABLE].posted_minor, now[OWED].posted_minor) == 0
