"""What becomes of requests: posted, there already, or refused with a reason of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.domain.errors import Reason
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import TOTAL_MINOR_MAX, AccountKind, AccountState
from payments_service.domain.ledger.outcome import Existing, Posted, Refused
from payments_service.domain.ledger.transaction import Condition, Posting
from payments_service.domain.money import AMOUNT_MINOR_MAX, Money
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


def test_a_posting_debits_one_account_and_credits_the_other() -> None:
    stripe, sales = account("stripe:usd", AccountKind.ASSET), account("revenue:sales:usd", AccountKind.REVENUE)
    (outcome,) = run([stripe, sales], request(posting("stripe:usd", "revenue:sales:usd", 100))).outcomes
    assert isinstance(outcome, Posted)
    assert [(b.code, b.posted_minor, b.version) for b in outcome.accounts_after] == [
        ("stripe:usd", 100, 1),
        ("revenue:sales:usd", 100, 1),
    ]


def test_a_request_sees_those_before_it() -> None:
    accounts = [account("a"), account("b", floor_minor=0), account("c")]
    first, second, third = run(
        accounts,
        request(posting("b", "c", 60)),
        request(posting("a", "b", 100)),
        request(posting("b", "c", 60)),
    ).outcomes
    assert reason(first) is Reason.INSUFFICIENT_FUNDS
    assert isinstance(second, Posted)
    assert isinstance(third, Posted)


def test_a_floor_is_measured_on_the_whole_transaction() -> None:
    accounts = [account("a"), account("b", floor_minor=0)]
    assert posted(run(accounts, request(posting("b", "a", 100), posting("a", "b", 100)))) == [True]


def test_an_account_below_its_floor_can_be_filled_but_not_emptied() -> None:
    accounts = [account("a"), account("b", floor_minor=0, posted_debits=50, version=1)]
    decision = run(accounts, request(posting("a", "b", 20)), request(posting("b", "a", 1)))
    assert posted(decision) == [True, False]


def test_the_refusal_of_a_floor_says_what_there_is() -> None:
    accounts = [account("a"), account("b", floor_minor=0, posted_credits=50, version=1)]
    (outcome,) = run(accounts, request(posting("b", "a", 60))).outcomes
    assert isinstance(outcome, Refused)
    assert outcome.error.metadata == {"code": "b", "available_minor": "50", "minimum_minor": "0"}


def test_a_fact_passes_floors_freezes_and_closure() -> None:
    states = [AccountState.OPEN, AccountState.FROZEN, AccountState.DEBIT_FROZEN, AccountState.CLOSED]
    accounts = [account("a"), *(account(f"b{i}", floor_minor=0, state=state) for i, state in enumerate(states))]
    decision = run(accounts, *(request(posting(f"b{i}", "a", 5), forced=True) for i in range(len(states))))
    assert posted(decision) == [True] * len(states)
    assert [one.available_minor for one in decision.accounts] == [20, -5, -5, -5, -5]


@pytest.mark.parametrize(
    ("state", "debit", "credit"),
    [
        (AccountState.OPEN, True, True),
        (AccountState.DEBIT_FROZEN, False, True),
        (AccountState.CREDIT_FROZEN, True, False),
        (AccountState.FROZEN, False, False),
        (AccountState.CLOSED, False, False),
    ],
)
def test_a_state_takes_the_sides_that_it_does_not_freeze(state: AccountState, debit: bool, credit: bool) -> None:
    accounts = [account("a", state=state), account("b")]
    decision = run(accounts, request(posting("a", "b", 1)), request(posting("b", "a", 1)))
    assert posted(decision) == [debit, credit]
    refused = Reason.ACCOUNT_CLOSED if state is AccountState.CLOSED else Reason.ACCOUNT_FROZEN
    assert {reason(outcome) for outcome in decision.outcomes} <= {None, refused}


def test_the_same_reference_with_the_same_content_is_there_already() -> None:
    accounts = [account("a"), account("b")]
    one = request(posting("a", "b", 5), description="rent", metadata={"x": "1", "y": "2"}, effective_time=NOW)
    (transaction,) = run(accounts, one).transactions
    again = replace(
        one,
        transaction_id=new_uuid(),
        metadata={"y": "2", "x": "1"},
        actor="other",
        request_id="2",
        effective_time=NOW.astimezone(),
    )
    assert run(accounts, again, existing=[transaction]).outcomes == (Existing(transaction),)


@pytest.mark.parametrize(
    "change",
    [
        {"postings": (posting("a", "b", 6),)},
        {"postings": (posting("b", "a", 5),)},
        {"description": "other"},
        {"metadata": {"x": "1"}},
        {"effective_time": NOW},
    ],
)
def test_the_same_reference_with_other_content_is_refused(change: dict[str, object]) -> None:
    accounts = [account("a"), account("b")]
    one = request(posting("a", "b", 5))
    (transaction,) = run(accounts, one).transactions
    other = replace(one, **change)  # type: ignore[arg-type]  # passed through
    (outcome,) = run(accounts, other, existing=[transaction]).outcomes
    assert reason(outcome) is Reason.REFERENCE_REUSED


def test_a_fact_that_is_there_already_is_done_whatever_its_content() -> None:
    accounts = [account("a"), account("b")]
    one = request(posting("a", "b", 5), forced=True)
    (transaction,) = run(accounts, one).transactions
    other = replace(one, postings=(posting("a", "b", 6),))
    assert run(accounts, other, existing=[transaction]).outcomes == (Existing(transaction),)


def test_a_duplicate_inside_a_batch_is_there_already_or_refused() -> None:
    accounts = [account("a"), account("b")]
    one = request(posting("a", "b", 5))
    first, second, third = run(accounts, one, one, replace(one, description="other")).outcomes
    assert isinstance(first, Posted)
    assert second == Existing(first.transaction)
    assert reason(third) is Reason.REFERENCE_REUSED


def test_a_reference_that_was_refused_can_be_tried_again_in_the_same_batch() -> None:
    accounts = [account("a"), account("b", floor_minor=0)]
    spend = request(posting("b", "a", 5))
    assert posted(run(accounts, spend, request(posting("a", "b", 5)), spend)) == [False, True, True]


def test_an_atomic_group_posts_all_or_nothing_and_says_what_failed() -> None:
    group = new_uuid()
    accounts = [account("a"), account("b", floor_minor=0)]
    fill = request(posting("a", "b", 5), atomic_group=group)
    decision = run(
        accounts,
        fill,
        request(posting("b", "a", 6), atomic_group=group, reference="too much"),
        request(posting("a", "b", 1), atomic_group=group),
        replace(fill, atomic_group=None),
    )
    assert posted(decision) == [False, False, False, True]
    assert [reason(outcome) for outcome in decision.outcomes[:3]] == [Reason.INSUFFICIENT_FUNDS] * 3
    first = decision.outcomes[0]
    assert isinstance(first, Refused)
    assert first.error.metadata["refused_reference"] == "too much"


def test_an_atomic_group_may_hold_what_is_there_already() -> None:
    group = new_uuid()
    accounts = [account("a"), account("b")]
    done = request(posting("a", "b", 5), atomic_group=group)
    (transaction,) = run(accounts, done).transactions
    decision = run(accounts, done, request(posting("a", "b", 1), atomic_group=group), existing=[transaction])
    assert posted(decision) == [False, True]
    assert decision.outcomes[0] == Existing(transaction)


def test_an_atomic_group_in_pieces_is_a_mistake_of_the_program() -> None:
    group = new_uuid()
    accounts = [account("a"), account("b")]
    piece = {"atomic_group": group}
    with pytest.raises(ValueError, match="do not stand next to each other"):
        run(
            accounts,
            request(posting("a", "b", 1), **piece),
            request(posting("a", "b", 1)),
            request(posting("a", "b", 1), **piece),
        )


def test_conditions_are_about_the_version_before_and_the_balance_after() -> None:
    accounts = [account("a"), account("b", posted_credits=50, version=7)]
    decision = run(
        accounts,
        request(posting("b", "a", 10), conditions=(Condition("b", expected_version=6),)),
        request(posting("b", "a", 10), conditions=(Condition("b", expected_version=7, available_min_minor=40),)),
        request(posting("b", "a", 10), conditions=(Condition("b", expected_version=7),)),
        request(posting("b", "a", 10), conditions=(Condition("b", available_min_minor=31),)),
        request(posting("b", "a", 10), conditions=(Condition("c", expected_version=0),)),
    )
    assert [reason(outcome) for outcome in decision.outcomes] == [
        Reason.VERSION_MISMATCH,
        None,
        Reason.VERSION_MISMATCH,
        Reason.INSUFFICIENT_FUNDS,
        Reason.REQUEST_INVALID,
    ]


def test_currencies_never_mix() -> None:
    accounts = [account("a"), account("b", currency="eur"), account("c", currency="eur")]
    first, second = run(
        accounts, request(posting("a", "b", 1)), request(posting("a", "a2", 1), posting("b", "c", 1, "eur"))
    ).outcomes
    assert reason(first) is Reason.CURRENCY_MISMATCH
    assert reason(second) is Reason.LEDGER_ACCOUNT_NOT_FOUND


def test_one_transaction_may_post_in_several_currencies() -> None:
    accounts = [account("a"), account("b"), account("c", currency="eur"), account("d", currency="eur")]
    assert posted(run(accounts, request(posting("a", "b", 1), posting("c", "d", 2, "eur")))) == [True]


def test_an_account_that_does_not_exist_is_named() -> None:
    (outcome,) = run([account("a")], request(posting("a", "nobody", 1))).outcomes
    assert isinstance(outcome, Refused)
    assert outcome.error.reason is Reason.LEDGER_ACCOUNT_NOT_FOUND
    assert outcome.error.metadata == {"code": "nobody"}


def test_a_spec_of_another_kind_is_refused() -> None:
    accounts = [account("stripe:usd", AccountKind.LIABILITY), account("a")]
    (outcome,) = run(accounts, request(Posting(chart.stripe_mirror("usd"), "a", Money(1, "usd")))).outcomes
    assert reason(outcome) is Reason.REQUEST_INVALID


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        (0, Reason.AMOUNT_ZERO),
        (-1, Reason.AMOUNT_NEGATIVE),
        (AMOUNT_MINOR_MAX + 1, Reason.AMOUNT_TOO_LARGE),
        (2**70, Reason.AMOUNT_TOO_LARGE),
    ],
)
def test_amounts_outside_the_limits_are_refused(amount: int, why: Reason) -> None:
    (outcome,) = run([account("a"), account("b")], request(posting("a", "b", amount))).outcomes
    assert reason(outcome) is why


def test_totals_never_pass_64_bits() -> None:
    full = account("a", posted_debits=TOTAL_MINOR_MAX - 10, pending_debits=5, version=2)
    decision = run([full, account("b")], request(posting("a", "b", 6)), request(posting("a", "b", 5)))
    assert [reason(outcome) for outcome in decision.outcomes] == [Reason.TOTAL_TOO_LARGE, None]
    forced = run([full, account("b")], request(posting("a", "b", 6), forced=True))
    assert posted(forced) == [False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": ""},
        {"reference": "x" * 321},
        {"reference": "a\0b"},
        {"description": "\ud800"},
        {"metadata": {"k": "\0"}},
        {"postings": ()},
        {"postings": (posting("a", "b", 1),) * 101},
        {"postings": (posting("a", "a", 1),)},
        {"expire_time": NOW + timedelta(days=1)},
        {"target_id": new_uuid()},
    ],
)
def test_a_malformed_request_is_refused_and_leaves_the_others_alone(wrong: dict[str, object]) -> None:
    good = request(posting("a", "b", 1))
    bad = replace(request(posting("a", "b", 1)), **wrong)  # type: ignore[arg-type]  # passed through
    decision = run([account("a"), account("b")], bad, good)
    assert [reason(outcome) for outcome in decision.outcomes] == [Reason.REQUEST_INVALID, None]


def test_a_fact_is_booked_without_what_is_not_text_in_its_description() -> None:
    fact = request(posting("a", "b", 1), forced=True, description="a\0b\ud800", metadata={"k\0": "\0v"})
    (transaction,) = run([account("a"), account("b")], fact).transactions
    assert (transaction.description, transaction.metadata) == ("ab?", {"k": "v"})


def test_the_record_time_never_goes_behind_an_account() -> None:
    later = NOW + timedelta(seconds=3)
    accounts = [account("a", version=1, last_record_time=later), account("b")]
    decision = run(accounts, request(posting("a", "b", 1)))
    assert {entry.record_time for entry in decision.entries} == {later}
    assert decision.transactions[0].effective_time == later


def test_an_effective_time_in_the_past_is_kept() -> None:
    (transaction,) = run(
        [account("a"), account("b")], request(posting("a", "b", 1), effective_time=NOW.min.replace(tzinfo=NOW.tzinfo))
    ).transactions
    assert transaction.effective_time.year == 1
    assert transaction.record_time == NOW
