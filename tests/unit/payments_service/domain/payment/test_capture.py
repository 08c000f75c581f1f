"""What may be captured and canceled, and what the platform keeps of a part."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import AMOUNT_MINOR_MAX, Money
from payments_service.domain.payment.capture import (
    amount_to_capture,
    fee_of_capture,
    require_cancelable,
    require_fee_within,
)
from payments_service.domain.payment.model import CANCELABLE, ChargeModel, Payment, PaymentState
from tests.unit.payments_service.domain.samples import a_payment


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def an_authorised_payment(amount: int = 10_000, fee: int = 1_000, **changes: object) -> Payment:
    """A payment for a seller that waits for capture."""
    given = {
        "amount": usd(amount),
        "amount_capturable": usd(amount),
        "state": PaymentState.REQUIRES_CAPTURE,
        "charge_model": ChargeModel.DESTINATION,
        "connected_account_id": new_id(),
        "platform_fee": usd(fee),
        **changes,
    }
    return a_payment(**given)  # type: ignore[arg-type]  # each test names real fields


def test_all_that_is_authorised_is_captured_unless_less_is_asked_for() -> None:
    payment = an_authorised_payment(10_000, amount_capturable=usd(9_000))

    assert amount_to_capture(payment, None) == usd(9_000)
    assert amount_to_capture(payment, usd(9_000)) == usd(9_000)
    assert amount_to_capture(payment, usd(1)) == usd(1)


def test_more_than_is_authorised_is_refused_with_what_is_left() -> None:
    payment = an_authorised_payment(10_000)

    with pytest.raises(PaymentsError) as raised:
        amount_to_capture(payment, usd(10_001))

    payment_id = format_id(Prefix.PAYMENT, payment.id)
    assert raised.value.reason is Reason.CAPTURE_EXCEEDS_AUTHORIZED
    assert raised.value.message == f"10000 usd of payment {payment_id} can be captured, not 10001"
    assert raised.value.metadata == {"payment_id": payment_id, "capturable_minor": "10000", "currency": "usd"}


def test_another_currency_is_refused() -> None:
    payment = an_authorised_payment()

    with pytest.raises(PaymentsError) as raised:
        amount_to_capture(payment, Money(1, "eur"))

    assert raised.value.reason is Reason.CURRENCY_MISMATCH
    assert "is in usd, not in eur" in raised.value.message
    assert raised.value.metadata == {"payment_id": format_id(Prefix.PAYMENT, payment.id), "currency": "usd"}


CAPTURE_ADVICE = {
    PaymentState.CREATING: "only a payment that requires capture can be",
    PaymentState.REQUIRES_PAYMENT_METHOD: "only a payment that requires capture can be",
    PaymentState.REQUIRES_CONFIRMATION: "only a payment that requires capture can be",
    PaymentState.REQUIRES_ACTION: "only a payment that requires capture can be",
    PaymentState.PROCESSING: "only a payment that requires capture can be",
    PaymentState.SUCCEEDED: "it is captured already",
    PaymentState.CANCELED: "it is canceled",
    PaymentState.FAILED: "only a payment that requires capture can be",
    PaymentState.OTHER: "only a payment that requires capture can be",
}

CANCEL_ADVICE = {
    PaymentState.CREATING: "its creation has no known outcome yet: retry CreatePayment with its key",
    PaymentState.SUCCEEDED: "it is paid: refund it instead",
    PaymentState.CANCELED: "it is canceled already",
    PaymentState.FAILED: "it was never created at Stripe, so there is nothing to cancel",
    PaymentState.OTHER: "Stripe does not cancel a payment in this state",
}


def test_every_state_is_capturable_or_says_why_it_is_not() -> None:
    assert CAPTURE_ADVICE.keys() | {PaymentState.REQUIRES_CAPTURE} == set(PaymentState)
    assert CANCEL_ADVICE.keys() | CANCELABLE == set(PaymentState)
    assert not CANCEL_ADVICE.keys() & CANCELABLE


@pytest.mark.parametrize(("state", "advice"), CAPTURE_ADVICE.items())
def test_a_payment_that_does_not_wait_for_capture_says_why(state: PaymentState, advice: str) -> None:
    payment = an_authorised_payment(state=state)

    with pytest.raises(PaymentsError) as raised:
        amount_to_capture(payment, None)

    assert raised.value.reason is Reason.INVALID_STATE
    assert raised.value.metadata == {"payment_id": format_id(Prefix.PAYMENT, payment.id), "state": state.value}
    assert raised.value.message.endswith(f" cannot be captured in state {state.value}: {advice}")


@pytest.mark.parametrize("state", [state for state in PaymentState if state in CANCELABLE])
def test_a_payment_that_is_not_paid_can_be_canceled(state: PaymentState) -> None:
    require_cancelable(a_payment(state=state))


@pytest.mark.parametrize(("state", "advice"), CANCEL_ADVICE.items())
def test_a_payment_that_cannot_be_canceled_says_why(state: PaymentState, advice: str) -> None:
    payment = a_payment(state=state)

    with pytest.raises(PaymentsError) as raised:
        require_cancelable(payment)

    assert raised.value.reason is Reason.INVALID_STATE
    assert raised.value.metadata == {"payment_id": format_id(Prefix.PAYMENT, payment.id), "state": state.value}
    assert raised.value.message.endswith(f" cannot be canceled in state {state.value}: {advice}")


@pytest.mark.parametrize(
    ("whole", "fee", "captured", "kept"),
    [
        (10_000, 1_000, 10_000, 1_000),
        (10_000, 1_000, 6_000, 600),
        (10_000, 999, 5_000, 500),
        (10_000, 997, 5_000, 499),
        (3, 1, 1, 0),
        (3, 1, 2, 1),
        (2, 1, 1, 1),
        (10_000, 0, 6_000, 0),
        (10_000, 10_000, 1, 1),
        (10_000, 1, 4_999, 0),
        (10_000, 1, 5_000, 1),
    ],
)
def test_the_fee_of_a_part_is_in_proportion_and_rounded_half_up(whole: int, fee: int, captured: int, kept: int) -> None:
    assert fee_of_capture(an_authorised_payment(whole, fee), usd(captured), None) == usd(kept)


@st.composite
def captures(draw: st.DrawFn) -> tuple[int, int, int]:
    """What is authorised, the fee of it, and what is captured."""
    whole = draw(st.integers(1, AMOUNT_MINOR_MAX))
    return whole, draw(st.integers(0, whole)), draw(st.integers(1, whole))


@given(captures())
def test_the_fee_is_never_below_zero_or_above_what_is_captured_and_half_a_unit_off_at_most(
    capture: tuple[int, int, int],
) -> None:
    whole, fee, captured = capture

    kept = fee_of_capture(an_authorised_payment(whole, fee), usd(captured), None).amount_minor

    assert 0 <= kept <= captured
    exact = Fraction(fee * captured, whole)
    assert exact - Fraction(1, 2) < kept <= exact + Fraction(1, 2)


@given(captures())
def test_the_fee_of_the_whole_is_the_whole_fee(capture: tuple[int, int, int]) -> None:
    whole, fee, _ = capture

    assert fee_of_capture(an_authorised_payment(whole, fee), usd(whole), None) == usd(fee)


@pytest.mark.parametrize("wanted", [0, 1, 6_000])
def test_a_fee_that_is_asked_for_is_taken_as_it_is(wanted: int) -> None:
    assert fee_of_capture(an_authorised_payment(), usd(6_000), usd(wanted)) == usd(wanted)


def test_a_fee_above_what_is_captured_is_refused() -> None:
    with pytest.raises(PaymentsError) as raised:
        fee_of_capture(an_authorised_payment(), usd(6_000), usd(6_001))

    assert raised.value.reason is Reason.REQUEST_INVALID
    assert raised.value.message == "platform_fee.amount_minor: must be at most the amount itself, 6000"


def test_a_fee_in_another_currency_is_refused() -> None:
    with pytest.raises(PaymentsError) as raised:
        fee_of_capture(an_authorised_payment(), usd(6_000), Money(1, "eur"))

    assert raised.value.reason is Reason.CURRENCY_MISMATCH


def test_a_sale_of_the_platform_has_no_fee_to_ask_for() -> None:
    own = an_authorised_payment(charge_model=ChargeModel.PLATFORM, connected_account_id=None, platform_fee=usd(0))

    assert fee_of_capture(own, usd(6_000), None) == usd(0)
    with pytest.raises(PaymentsError) as raised:
        fee_of_capture(own, usd(6_000), usd(0))
    assert raised.value.violations[0].field == "platform_fee"


def test_a_fee_is_within_the_amount_and_in_its_currency() -> None:
    require_fee_within(usd(0), usd(2_500))
    require_fee_within(usd(2_500), usd(2_500))
    for fee, field in ((usd(2_501), "platform_fee.amount_minor"), (Money(1, "eur"), "platform_fee.currency_code")):
        with pytest.raises(PaymentsError) as raised:
            require_fee_within(fee, usd(2_500))
        assert raised.value.violations[0].field == field
