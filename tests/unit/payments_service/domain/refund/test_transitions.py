"""A refund follows Stripe's newest answer, also back from success, and never goes back to an older one."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.ids import new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeModel
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundReason, RefundSnapshot, RefundState
from payments_service.domain.refund.transitions import absorbed_by, fail_refund, follow_refund, found_refund
from tests.unit.payments_service.domain.samples import NOON, a_captured_payment, a_refund

SECOND = timedelta(seconds=1)
REFUND = a_refund()


def a_snapshot(state: RefundState, **changes: object) -> RefundSnapshot:
    snapshot = RefundSnapshot(
        id="re_1",
        intent_id="pi_1",
        state=state,
        status=state.value.lower(),
        amount=Money(2_500, "usd"),
        created=NOON,
        failure_reason="lost_or_stolen_card" if state is RefundState.FAILED else "",
    )
    return replace(snapshot, **changes)  # type: ignore[arg-type]  # each test names real fields


def at(second: float) -> datetime:
    return NOON + second * SECOND


def followed(refund: Refund, state: RefundState, began: float, ended: float, **changes: object) -> Refund:
    return follow_refund(refund, a_snapshot(state, **changes), began=at(began), ended=at(ended))


def test_an_answer_moves_the_refund_and_brings_what_it_knows() -> None:
    moved = followed(REFUND, RefundState.SUCCEEDED, 0, 1, balance_transaction_id="txn_1", transfer_reversal_id="trr_1")

    assert (moved.state, moved.stripe_status) == (RefundState.SUCCEEDED, "succeeded")
    assert (moved.stripe_refund_id, moved.balance_transaction_id, moved.transfer_reversal_id) == (
        "re_1",
        "txn_1",
        "trr_1",
    )
    assert (moved.observed_time, moved.update_time) == (at(1), at(1))
    assert (moved.amount, moved.absorb_by, moved.create_time) == (REFUND.amount, REFUND.absorb_by, REFUND.create_time)


def test_what_is_known_is_not_forgotten_by_an_answer_that_shows_less() -> None:
    known = followed(REFUND, RefundState.PENDING, 0, 1, balance_transaction_id="txn_1", transfer_reversal_id="trr_1")

    later = followed(known, RefundState.SUCCEEDED, 2, 3)

    assert (later.balance_transaction_id, later.transfer_reversal_id) == ("txn_1", "trr_1")


def test_a_refund_that_had_succeeded_can_fail_late() -> None:
    succeeded = followed(REFUND, RefundState.SUCCEEDED, 0, 1)

    failed = followed(succeeded, RefundState.FAILED, 2, 3)

    assert (failed.state, failed.failure_reason) == (RefundState.FAILED, "lost_or_stolen_card")


def test_a_success_that_was_asked_for_before_the_failure_arrived_does_not_revive_it() -> None:
    failed = followed(followed(REFUND, RefundState.SUCCEEDED, 0, 1), RefundState.FAILED, 2, 4)

    assert followed(failed, RefundState.SUCCEEDED, 3, 5) == failed


@pytest.mark.parametrize("first", RefundState)
@pytest.mark.parametrize("second", RefundState)
def test_whatever_the_states_the_newer_answer_counts(first: RefundState, second: RefundState) -> None:
    known = followed(REFUND, first, 0, 1)

    assert followed(known, second, 1, 2).state is second
    assert followed(known, second, 0.5, 2) == known


def test_every_order_of_answers_ends_with_the_newest() -> None:
    answers = [
        (RefundState.PENDING, 0),
        (RefundState.REQUIRES_ACTION, 2),
        (RefundState.SUCCEEDED, 4),
        (RefundState.FAILED, 6),
    ]
    ends = set()
    for order in itertools.permutations(answers):
        moved = REFUND
        for state, second in order:
            moved = followed(moved, state, second, second + 1)
        ends.add((moved.state, moved.failure_reason, moved.observed_time))

    assert ends == {(RefundState.FAILED, "lost_or_stolen_card", at(7))}


@st.composite
def answers(draw: st.DrawFn) -> list[tuple[int, int, int, RefundState]]:
    """Answers in any order of arrival: when the call began, when Stripe looked, when it ended, and what Stripe saw."""
    truth = draw(st.lists(st.sampled_from(RefundState), min_size=21, max_size=21))
    found = []
    for _ in range(draw(st.integers(1, 8))):
        began, seen, ended = sorted(draw(st.tuples(*[st.integers(0, 20)] * 3)))
        found.append((began, seen, ended, truth[seen]))
    return found


@given(answers())
def test_what_is_shown_is_never_older_than_what_was_shown_before(
    arrived: list[tuple[int, int, int, RefundState]],
) -> None:
    refund, shown_from = REFUND, -1
    for began, seen, ended, state in arrived:
        after = followed(refund, state, began, ended)
        if after is not refund:
            assert seen >= shown_from
            assert after.state is state
            shown_from = seen
        refund = after


@given(st.permutations(range(6)), st.lists(st.sampled_from(RefundState), min_size=6, max_size=6))
def test_of_calls_one_after_the_other_the_last_counts_in_whatever_order_they_arrive(
    order: list[int], states: list[RefundState]
) -> None:
    refund = REFUND
    for number in order:
        refund = followed(refund, states[number], 2 * number, 2 * number + 1)

    assert refund.state is states[5]


def test_a_refund_that_stripe_never_made_says_why() -> None:
    failed = fail_refund(REFUND, "charge_already_refunded", at(1))

    assert (failed.state, failed.failure_reason) == (RefundState.FAILED, "charge_already_refunded")
    assert failed.update_time == at(1)
    assert failed.stripe_refund_id == ""


def test_an_unknown_status_of_stripe_is_kept_as_it_is() -> None:
    odd = followed(REFUND, RefundState.OTHER, 0, 1, status="under_astrology")

    assert (odd.state, odd.stripe_status) == (RefundState.OTHER, "under_astrology")


@pytest.mark.parametrize(
    ("model", "reversal", "expected"),
    [
        (ChargeModel.PLATFORM, "", (AbsorbBy.UNSPECIFIED, False)),
        (ChargeModel.DESTINATION, "", (AbsorbBy.PLATFORM, False)),
        (ChargeModel.DESTINATION, "trr_1", (AbsorbBy.CREATOR, True)),
    ],
)
def test_a_refund_made_without_us_is_at_the_expense_of_whoever_stripe_took_it_from(
    model: ChargeModel, reversal: str, expected: tuple[AbsorbBy, bool]
) -> None:
    payment = a_captured_payment(charge_model=model)
    snapshot = a_snapshot(
        RefundState.PENDING,
        reason=RefundReason.DUPLICATE,
        balance_transaction_id="txn_1",
        transfer_reversal_id=reversal,
        metadata={"note": "theirs"},
    )
    refund_id = new_id()

    found = found_refund(payment, snapshot, refund_id, ended=at(3))

    assert (found.absorb_by, found.reverse_transfer) == expected
    assert not found.refund_platform_fee, "nobody says so of a refund that was made without us"
    assert (found.id, found.payment_id, found.owner_id) == (refund_id, payment.id, payment.owner_id)
    assert (found.reference, found.livemode) == (payment.reference, payment.livemode)
    assert (found.amount, found.state, found.stripe_status) == (Money(2_500, "usd"), RefundState.PENDING, "pending")
    assert (found.reason, found.metadata) == (RefundReason.DUPLICATE, {})
    assert (found.stripe_refund_id, found.balance_transaction_id) == ("re_1", "txn_1")
    assert found.transfer_reversal_id == reversal
    assert (found.create_time, found.update_time, found.observed_time) == (at(3), at(3), at(3))


def test_a_refund_made_without_us_that_failed_says_why() -> None:
    found = found_refund(a_captured_payment(), a_snapshot(RefundState.FAILED), new_id(), ended=at(3))

    assert (found.state, found.failure_reason) == (RefundState.FAILED, "lost_or_stolen_card")


def test_who_bears_a_refund_of_the_platforms_own_sale_is_no_question() -> None:
    for reversed_transfer in (True, False):
        assert absorbed_by(a_captured_payment(), reversed_transfer=reversed_transfer) is AbsorbBy.UNSPECIFIED
