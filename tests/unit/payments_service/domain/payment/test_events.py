"""Which changes of a payment others are told of: every pair of states, with and without a failure."""

import itertools
from dataclasses import replace

import pytest

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType
from payments_service.domain.payment.events import payment_events
from payments_service.domain.payment.model import PaymentFailure, PaymentState
from tests.unit.payments_service.domain.samples import a_payment

S = PaymentState
DECLINE = PaymentFailure("card_declined", "insufficient_funds")
OTHER_DECLINE = PaymentFailure("card_declined", "lost_card")

TOLD = {
    S.CREATING: None,
    S.REQUIRES_PAYMENT_METHOD: None,
    S.REQUIRES_CONFIRMATION: None,
    S.REQUIRES_ACTION: "payment.requires_action",
    S.PROCESSING: "payment.processing",
    S.REQUIRES_CAPTURE: "payment.authorized",
    S.SUCCEEDED: "payment.succeeded",
    S.CANCELED: "payment.canceled",
    S.FAILED: "payment.failed",
    S.OTHER: None,
}
"""What entering each state is called, written out once more."""

each_change = pytest.mark.parametrize(("before", "after"), list(itertools.product([None, *PaymentState], PaymentState)))


def types(before: object, after: object) -> list[str]:
    return [event.type.value for event in payment_events(before, after)]  # type: ignore[arg-type]


def test_the_table_has_every_state() -> None:
    assert set(TOLD) == set(PaymentState)


@each_change
def test_entering_a_state_is_told_and_staying_is_not(before: PaymentState | None, after: PaymentState) -> None:
    payment = a_payment()
    name = TOLD[after]
    expected = [name] if name and before is not after else []

    assert types(replace(payment, state=before) if before else None, replace(payment, state=after)) == expected


@each_change
def test_a_new_failure_is_told_first_unless_the_payment_was_never_created(
    before: PaymentState | None, after: PaymentState
) -> None:
    payment = a_payment()
    without = types(replace(payment, state=before) if before else None, replace(payment, state=after))

    found = types(replace(payment, state=before) if before else None, replace(payment, state=after, failure=DECLINE))

    assert found == ([] if after is S.FAILED else ["payment.attempt_failed"]) + without


@pytest.mark.parametrize("state", PaymentState)
def test_a_failure_that_is_known_already_is_not_told_again(state: PaymentState) -> None:
    known = a_payment(state=state, failure=DECLINE, charge_id="ch_1")

    assert types(known, known) == []
    assert types(replace(known, charge_id=""), known) == []  # only now it is known which charge it was


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"failure": DECLINE}, {"failure": OTHER_DECLINE}),
        ({"failure": DECLINE, "charge_id": "ch_1"}, {"failure": DECLINE, "charge_id": "ch_2"}),
        ({"failure": None, "charge_id": "ch_1"}, {"failure": DECLINE, "charge_id": "ch_1"}),
    ],
)
def test_another_failure_is_another_attempt(before: dict[str, object], after: dict[str, object]) -> None:
    payment = a_payment(state=S.REQUIRES_PAYMENT_METHOD)

    assert types(replace(payment, **before), replace(payment, **after)) == ["payment.attempt_failed"]  # type: ignore[arg-type]


def test_a_failure_that_is_over_is_not_told() -> None:
    declined = a_payment(state=S.REQUIRES_PAYMENT_METHOD, failure=DECLINE)

    assert types(declined, replace(declined, failure=None, state=S.PROCESSING)) == ["payment.processing"]


def test_an_event_names_the_payment_its_owner_its_purchase_and_its_state() -> None:
    after = a_payment(state=S.REQUIRES_CAPTURE, owner_id="user_7", reference="order_7", livemode=True)

    [event] = payment_events(None, after)

    assert event.type is EventType.PAYMENT_AUTHORIZED
    assert event.resource_id == format_id(Prefix.PAYMENT, after.id)
    assert (event.owner_id, event.reference, event.state, event.livemode) == (
        "user_7",
        "order_7",
        "REQUIRES_CAPTURE",
        True,
    )
