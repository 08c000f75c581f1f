"""A payment follows Stripe's intent forward, in whatever order answers arrive."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import (
    CONFIRMABLE,
    ChargeModel,
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
FOR_SELLER = a_payment(
    charge_model=ChargeModel.DESTINATION, connected_account_id=new_id(), platform_fee=Money(250, "usd")
)
"""A payment of 25.00 for a seller, of which the platform keeps 2.50."""


def an_intent(state: PaymentState, **changes: object) -> IntentSnapshot:
    paid = state is PaymentState.SUCCEEDED
    intent = IntentSnapshot(
        id="pi_1",
        state=state,
        status=state.value.lower(),
        amount=Money(2500, "usd"),
        amount_received=2500 if paid else 0,
        amount_capturable=2500 if state is PaymentState.REQUIRES_CAPTURE else 0,
        livemode=False,
        created=NOON,
        charge=ChargeSnapshot("ch_1", balance_transaction_id="txn_1") if paid else None,
    )
    return replace(intent, **changes)  # type: ignore[arg-type]  # each test names real fields


def test_an_answer_moves_the_payment_and_brings_what_it_knows() -> None:
    moved = follow(a_payment(), an_intent(PaymentState.SUCCEEDED), began=NOON, ended=NOON + SECOND)

    assert moved.state is PaymentState.SUCCEEDED
    assert (moved.intent_id, moved.charge_id, moved.balance_transaction_id) == ("pi_1", "ch_1", "txn_1")
    assert moved.amount_captured == Money(2500, "usd")
    assert (moved.observed_time, moved.update_time) == (NOON + SECOND, NOON + SECOND)


@pytest.mark.parametrize("livemode", [True, False])
def test_stripe_says_whether_it_is_real_money(livemode: bool) -> None:
    payment = a_payment(livemode=not livemode)

    moved = follow(payment, an_intent(PaymentState.PROCESSING, livemode=livemode), began=NOON, ended=NOON)

    assert moved.livemode is livemode


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
    first = follow(a_payment(), an_intent(PaymentState.SUCCEEDED), began=NOON, ended=NOON + SECOND)
    refunded = replace(first, amount_refunded=Money(900, "usd"))

    older = an_intent(PaymentState.SUCCEEDED, amount_received=900)
    later = follow(refunded, older, began=NOON - SECOND, ended=NOON + 2 * SECOND)

    assert later.amount_captured == Money(2500, "usd")
    assert later.amount_refunded == Money(900, "usd")


def test_what_is_known_of_the_charge_is_not_forgotten_by_an_answer_that_shows_less() -> None:
    whole = ChargeSnapshot("ch_1", 250, "txn_1", "tr_1", "fee_1")
    first = follow(FOR_SELLER, an_intent(PaymentState.SUCCEEDED, charge=whole), began=NOON, ended=NOON + SECOND)

    for less in (ChargeSnapshot("ch_1"), None):
        answer = an_intent(PaymentState.SUCCEEDED, charge=less)
        later = follow(first, answer, began=NOON + 2 * SECOND, ended=NOON + 3 * SECOND)
        assert (later.charge_id, later.balance_transaction_id) == ("ch_1", "txn_1")
        assert (later.transfer_id, later.application_fee_id) == ("tr_1", "fee_1")
        assert later.platform_fee == Money(250, "usd")


def test_where_the_money_went_comes_with_the_charge() -> None:
    charge = ChargeSnapshot("ch_1", 250, "txn_1", "tr_1", "fee_1")

    paid = follow(FOR_SELLER, an_intent(PaymentState.SUCCEEDED, charge=charge), began=NOON, ended=NOON)

    assert (paid.transfer_id, paid.application_fee_id) == ("tr_1", "fee_1")


@pytest.mark.parametrize(("said", "kept"), [(100, 100), (0, 0), (None, 250)])
def test_the_platforms_fee_is_what_the_charge_says_once_it_says_so(said: int | None, kept: int) -> None:
    charge = ChargeSnapshot("ch_1", said)

    paid = follow(FOR_SELLER, an_intent(PaymentState.SUCCEEDED, charge=charge), began=NOON, ended=NOON)

    assert paid.platform_fee == Money(kept, "usd")


def test_a_sale_of_the_platform_has_no_platform_fee_whatever_the_charge_says() -> None:
    charge = ChargeSnapshot("ch_1", 100)

    paid = follow(a_payment(), an_intent(PaymentState.SUCCEEDED, charge=charge), began=NOON, ended=NOON)

    assert paid.platform_fee == Money(0, "usd")


def test_what_can_be_captured_is_there_only_while_it_waits_for_capture() -> None:
    waiting = follow(a_payment(), an_intent(PaymentState.REQUIRES_CAPTURE), began=NOON, ended=NOON)
    assert (waiting.amount_capturable, waiting.amount_captured) == (Money(2500, "usd"), Money(0, "usd"))

    captured = an_intent(PaymentState.SUCCEEDED, amount_received=1000)
    paid = follow(waiting, captured, began=NOON + SECOND, ended=NOON + SECOND)
    assert (paid.amount_capturable, paid.amount_captured) == (Money(0, "usd"), Money(1000, "usd"))

    canceled = follow(waiting, an_intent(PaymentState.CANCELED), began=NOON + SECOND, ended=NOON + SECOND)
    assert (canceled.amount_capturable, canceled.amount_captured) == (Money(0, "usd"), Money(0, "usd"))


def test_what_was_observed_last_is_never_put_back() -> None:
    known = follow(a_payment(), an_intent(PaymentState.SUCCEEDED), began=NOON, ended=NOON + 5 * SECOND)

    older = follow(known, an_intent(PaymentState.SUCCEEDED), began=NOON - SECOND, ended=NOON + SECOND)

    assert older.observed_time == NOON + 5 * SECOND


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
    failed = fail(a_payment(), PaymentFailure("stripe_unavailable"), NOON + SECOND)

    assert (failed.state, failed.failure) == (PaymentState.FAILED, PaymentFailure("stripe_unavailable"))
    assert failed.update_time == NOON + SECOND


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


ADVICE = {
    PaymentState.CREATING: "its creation has no known outcome yet: retry CreatePayment with its key",
    PaymentState.PROCESSING: "an attempt is under way: wait for its outcome",
    PaymentState.REQUIRES_CAPTURE: "it is authorised already and waits for capture",
    PaymentState.SUCCEEDED: "it is paid already",
    PaymentState.CANCELED: "create a new payment instead",
    PaymentState.FAILED: "create a new payment instead",
    PaymentState.OTHER: "create a new payment instead",
}


@pytest.mark.parametrize("state", [state for state in PaymentState if state not in CONFIRMABLE])
def test_any_other_payment_cannot_and_the_error_says_its_state(state: PaymentState) -> None:
    payment = a_payment(state=state)

    with pytest.raises(PaymentsError) as raised:
        require_confirmable(payment)

    assert raised.value.reason is Reason.INVALID_STATE
    assert raised.value.metadata == {"payment_id": format_id(Prefix.PAYMENT, payment.id), "state": state.value}
    assert raised.value.message.endswith(f" cannot be confirmed in state {state.value}: {ADVICE[state]}")
