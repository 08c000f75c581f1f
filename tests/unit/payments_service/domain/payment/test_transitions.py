"""A payment follows Stripe's intent forward, in whatever order answers arrive."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.money import Money
from payments_service.domain.payment.model import (
    CONFIRMABLE,
    ChargeSnapshot,
    IntentSnapshot,
    PaymentFailure,
    PaymentState,
)
from payments_service.domain.payment.transitions import (
    EVENT_IDS_MAX,
    fail,
    follow,
    may_be_older,
    require_confirmable,
    with_events,
)
from tests.unit.payments_service.domain.samples import NOON, a_payment

SECOND = timedelta(seconds=1)


def an_intent(state: PaymentState, **changes: object) -> IntentSnapshot:
    paid = state is PaymentState.SUCCEEDED
    intent = IntentSnapshot(
        id="pi_1",
        state=state,
        status=state.value.lower(),
        amount=Money(2500, "usd"),
        amount_received=2500 if paid else 0,
        livemode=False,
        created=NOON,
        charge=ChargeSnapshot("ch_1", 0, "txn_1") if paid else None,
    )
    return replace(intent, **changes)  # type: ignore[arg-type]  # each test names real fields


def test_an_answer_moves_the_payment_and_brings_what_it_knows() -> None:
    moved = follow(a_payment(), an_intent(PaymentState.SUCCEEDED), began=NOON, ended=NOON + SECOND)

    assert moved.state is PaymentState.SUCCEEDED
    assert (moved.intent_id, moved.charge_id, moved.balance_transaction_id) == ("pi_1", "ch_1", "txn_1")
    assert moved.amount_captured == Money(2500, "usd")
    assert moved.observed_time == NOON + SECOND


@pytest.mark.parametrize("late", [state for state in PaymentState if state is not PaymentState.CANCELED])
def test_a_paid_payment_stays_paid_whatever_arrives_late(late: PaymentState) -> None:
    paid = follow(a_payment(), an_intent(PaymentState.SUCCEEDED), began=NOON, ended=NOON + SECOND)

    after = follow(paid, an_intent(late), began=NOON + 2 * SECOND, ended=NOON + 3 * SECOND)

    assert after.state is PaymentState.SUCCEEDED
    assert after.amount_captured == Money(2500, "usd")


def test_an_answer_that_may_be_older_than_what_is_known_changes_nothing() -> None:
    known = follow(a_payment(), an_intent(PaymentState.PROCESSING), began=NOON, ended=NOON + 2 * SECOND)

    late = an_intent(PaymentState.REQUIRES_ACTION)

    assert may_be_older(known, late, NOON + SECOND)
    assert follow(known, late, began=NOON + SECOND, ended=NOON + 3 * SECOND) == known
    assert not may_be_older(known, late, NOON + 2 * SECOND)


def test_a_final_answer_counts_however_old_it_is() -> None:
    known = follow(a_payment(), an_intent(PaymentState.PROCESSING), began=NOON, ended=NOON + 2 * SECOND)

    after = follow(known, an_intent(PaymentState.SUCCEEDED), began=NOON - SECOND, ended=NOON + 3 * SECOND)

    assert after.state is PaymentState.SUCCEEDED


def test_a_decline_is_remembered_until_the_payment_succeeds() -> None:
    declined = follow(
        a_payment(),
        an_intent(PaymentState.REQUIRES_PAYMENT_METHOD, failure=PaymentFailure("card_declined", "lost_card")),
        began=NOON,
        ended=NOON + SECOND,
    )
    paid = follow(
        declined,
        an_intent(PaymentState.SUCCEEDED, failure=PaymentFailure("card_declined")),
        began=NOON + 2 * SECOND,
        ended=NOON + 3 * SECOND,
    )

    assert declined.failure == PaymentFailure("card_declined", "lost_card")
    assert paid.failure is None


def test_amounts_never_shrink() -> None:
    refunded = replace(an_intent(PaymentState.SUCCEEDED), charge=ChargeSnapshot("ch_1", 900, "txn_1"))
    first = follow(a_payment(), refunded, began=NOON, ended=NOON + SECOND)

    later = follow(first, an_intent(PaymentState.SUCCEEDED), began=NOON - SECOND, ended=NOON + 2 * SECOND)

    assert later.amount_refunded == Money(900, "usd")


def test_every_order_of_answers_ends_in_the_same_place() -> None:
    answers = [
        (an_intent(PaymentState.REQUIRES_CONFIRMATION), 0),
        (an_intent(PaymentState.REQUIRES_ACTION), 2),
        (an_intent(PaymentState.PROCESSING), 4),
        (an_intent(PaymentState.SUCCEEDED), 6),
    ]
    payment = a_payment()
    ends = set()
    for order in itertools.permutations(answers):
        moved = payment
        for intent, second in order:
            moved = follow(moved, intent, began=NOON + second * SECOND, ended=NOON + (second + 1) * SECOND)
        ends.add((moved.state, moved.amount_captured, moved.charge_id, moved.balance_transaction_id))

    assert ends == {(PaymentState.SUCCEEDED, Money(2500, "usd"), "ch_1", "txn_1")}


def test_an_unknown_status_of_stripe_is_kept_as_it_is() -> None:
    odd = an_intent(PaymentState.OTHER, status="requires_astrology")

    moved = follow(a_payment(), odd, began=NOON, ended=NOON)

    assert (moved.state, moved.stripe_status) == (PaymentState.OTHER, "requires_astrology")


def test_a_payment_that_was_never_created_at_stripe_says_why() -> None:
    failed = fail(a_payment(), PaymentFailure("stripe_unavailable"), NOON)

    assert (failed.state, failed.failure) == (PaymentState.FAILED, PaymentFailure("stripe_unavailable"))


def test_events_are_remembered_once_and_only_the_newest() -> None:
    payment = with_events(a_payment(), ("evt_1", "evt_2"))
    payment = with_events(payment, ("evt_2", "evt_3"))
    assert payment.event_ids == ("evt_1", "evt_2", "evt_3")

    many = with_events(payment, tuple(f"evt_{number}" for number in range(10, 100)))
    assert len(many.event_ids) == EVENT_IDS_MAX
    assert many.event_ids[-1] == "evt_99"


@pytest.mark.parametrize("state", [state for state in PaymentState if state in CONFIRMABLE])
def test_a_waiting_payment_can_be_confirmed(state: PaymentState) -> None:
    require_confirmable(a_payment(state=state))


@pytest.mark.parametrize("state", [state for state in PaymentState if state not in CONFIRMABLE])
def test_any_other_payment_cannot_and_the_error_says_its_state(state: PaymentState) -> None:
    with pytest.raises(PaymentsError) as raised:
        require_confirmable(a_payment(state=state))

    assert raised.value.reason is Reason.INVALID_STATE
    assert raised.value.metadata["state"] == state.value
    assert ":" in raised.value.message.partition(state.value)[2]
