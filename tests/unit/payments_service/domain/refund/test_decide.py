"""What may be refunded, how much of it is left, and at whose expense."""

from dataclasses import replace

import pytest

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.capture import require_cancelable
from payments_service.domain.payment.model import CANCELABLE, ChargeModel, Payment, PaymentState
from payments_service.domain.refund.decide import amount_to_refund, bearer, refundable, refunded
from payments_service.domain.refund.model import AbsorbBy, RefundState
from tests.unit.payments_service.domain.samples import a_captured_payment, a_payment, a_refund

UNSPECIFIED, CREATOR, PLATFORM = AbsorbBy.UNSPECIFIED, AbsorbBy.CREATOR, AbsorbBy.PLATFORM
SALE = a_captured_payment()
SOLD = a_captured_payment(charge_model=ChargeModel.DESTINATION)


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def refusal(payment: Payment, wanted: Money | None = None, *taken: int) -> PaymentsError:
    """Why a refund is refused of a payment of which so much is taken already."""
    with pytest.raises(PaymentsError) as raised:
        amount_to_refund(payment, [a_refund(amount, state=RefundState.SUCCEEDED) for amount in taken], wanted)
    return raised.value


@pytest.mark.parametrize(
    ("state", "gives_back", "reserves"),
    [
        (RefundState.CREATING, False, True),
        (RefundState.PENDING, True, True),
        (RefundState.REQUIRES_ACTION, True, True),
        (RefundState.SUCCEEDED, True, True),
        (RefundState.OTHER, True, True),
        (RefundState.FAILED, False, False),
        (RefundState.CANCELED, False, False),
    ],
)
def test_what_a_refund_counts_for_follows_from_its_state(state: RefundState, gives_back: bool, reserves: bool) -> None:
    refunds = [a_refund(4_000, state=state)]

    assert refunded(SALE, refunds) == usd(4_000 if gives_back else 0)
    assert refundable(SALE, refunds) == usd(6_000 if reserves else 10_000)


def test_what_is_left_is_what_was_captured_less_all_that_is_reserved() -> None:
    payment = a_captured_payment(10_000, amount_captured=usd(6_000))
    refunds = [a_refund(amount, state=state) for amount, state in zip((1, 20, 300, 4_000), RefundState, strict=False)]

    assert refundable(payment, refunds) == usd(6_000 - 4_321)
    assert refunded(payment, refunds) == usd(4_320)


def test_nothing_refunded_is_nothing_in_the_payments_currency() -> None:
    assert refunded(a_payment("jpy"), []) == Money(0, "jpy")


def test_all_that_is_left_is_refunded_unless_less_is_asked_for() -> None:
    others = [a_refund(4_000, state=RefundState.PENDING), a_refund(9_999, state=RefundState.FAILED)]

    assert amount_to_refund(SALE, [], None) == usd(10_000)
    assert amount_to_refund(SALE, others, None) == usd(6_000)
    assert amount_to_refund(SALE, others, usd(6_000)) == usd(6_000)
    assert amount_to_refund(SALE, others, usd(1)) == usd(1)


@pytest.mark.parametrize(
    ("taken", "wanted", "left", "asked"),
    [((), 10_001, 10_000, 10_001), ((4_000,), 6_001, 6_000, 6_001), ((4_000, 6_000), 1, 0, 1)],
)
def test_more_than_is_left_is_refused_with_what_is_left(
    taken: tuple[int, ...], wanted: int, left: int, asked: int
) -> None:
    error = refusal(SALE, usd(wanted), *taken)

    assert error.reason is Reason.REFUND_EXCEEDS_CAPTURED
    assert error.metadata == {
        "payment_id": format_id(Prefix.PAYMENT, SALE.id),
        "refundable_minor": str(left),
        "currency": "usd",
    }
    assert f"{left} usd" in error.message
    assert f"less than {asked}:" in error.message


def test_nothing_left_is_refused_also_without_an_amount() -> None:
    error = refusal(SALE, None, 10_000)

    assert error.reason is Reason.REFUND_EXCEEDS_CAPTURED
    assert error.metadata["refundable_minor"] == "0"


def test_what_was_refunded_without_us_while_we_had_it_reserved_leaves_nothing_and_never_less() -> None:
    refunds = [a_refund(5_000), a_refund(10_000, state=RefundState.SUCCEEDED)]

    assert refundable(SALE, refunds) == usd(0)
    with pytest.raises(PaymentsError) as raised:
        amount_to_refund(SALE, refunds, usd(1))
    assert raised.value.metadata["refundable_minor"] == "0"


def test_another_currency_is_refused() -> None:
    error = refusal(SALE, Money(1, "eur"))

    assert error.reason is Reason.CURRENCY_MISMATCH
    assert "is in usd, the refund in eur" in error.message
    assert error.metadata == {"payment_id": format_id(Prefix.PAYMENT, SALE.id), "currency": "usd"}


ADVICE = {
    PaymentState.CREATING: "its creation has no known outcome yet: retry CreatePayment with its key",
    PaymentState.REQUIRES_PAYMENT_METHOD: "cancel it instead",
    PaymentState.REQUIRES_CONFIRMATION: "cancel it instead",
    PaymentState.REQUIRES_ACTION: "cancel it instead",
    PaymentState.PROCESSING: "cancel it instead",
    PaymentState.REQUIRES_CAPTURE: "cancel it instead",
    PaymentState.CANCELED: "it is canceled",
    PaymentState.FAILED: "it was never created at Stripe, so there is nothing to refund",
    PaymentState.OTHER: "nothing was captured",
}


@pytest.mark.parametrize("state", [state for state in PaymentState if state is not PaymentState.SUCCEEDED])
def test_what_was_not_captured_cannot_be_refunded_and_says_what_to_do(state: PaymentState) -> None:
    payment = a_payment(state=state)

    error = refusal(payment)

    assert error.reason is Reason.INVALID_STATE
    assert error.metadata == {"payment_id": format_id(Prefix.PAYMENT, payment.id), "state": state.value}
    assert error.message.endswith(f" cannot be refunded in state {state.value}: {ADVICE[state]}")


def test_a_payment_that_succeeded_with_nothing_captured_has_nothing_to_refund() -> None:
    error = refusal(a_captured_payment(amount_captured=usd(0)))

    assert error.reason is Reason.INVALID_STATE
    assert error.message.endswith(": nothing was captured")


def test_whoever_is_sent_to_cancel_can_cancel() -> None:
    sent = {state for state, advice in ADVICE.items() if advice == "cancel it instead"}

    assert sent == CANCELABLE
    for state in sent:
        require_cancelable(a_payment(state=state))


@pytest.mark.parametrize(
    ("absorb_by", "reverse_transfer", "refund_platform_fee", "expected"),
    [
        (UNSPECIFIED, None, False, (CREATOR, True)),
        (UNSPECIFIED, None, True, (CREATOR, True)),
        (UNSPECIFIED, True, True, (CREATOR, True)),
        (UNSPECIFIED, False, False, (CREATOR, False)),
        (CREATOR, None, False, (CREATOR, True)),
        (CREATOR, None, True, (CREATOR, True)),
        (CREATOR, True, False, (CREATOR, True)),
        (CREATOR, True, True, (CREATOR, True)),
        (CREATOR, False, False, (CREATOR, False)),
        (PLATFORM, None, False, (PLATFORM, False)),
        (PLATFORM, False, False, (PLATFORM, False)),
        (UNSPECIFIED, False, True, "refund_platform_fee"),
        (CREATOR, False, True, "refund_platform_fee"),
        (PLATFORM, None, True, "refund_platform_fee"),
        (PLATFORM, False, True, "refund_platform_fee"),
        (PLATFORM, True, False, "reverse_transfer"),
        (PLATFORM, True, True, "reverse_transfer"),
        (UNSPECIFIED, True, False, (CREATOR, True)),
    ],
)
def test_a_sellers_sale_is_refunded_at_the_sellers_expense_unless_the_platform_bears_it(
    absorb_by: AbsorbBy,
    reverse_transfer: bool | None,
    refund_platform_fee: bool,
    expected: tuple[AbsorbBy, bool] | str,
) -> None:
    if isinstance(expected, tuple):
        assert (
            bearer(SOLD, absorb_by, reverse_transfer=reverse_transfer, refund_platform_fee=refund_platform_fee)
            == expected
        )
        return
    with pytest.raises(PaymentsError) as raised:
        bearer(SOLD, absorb_by, reverse_transfer=reverse_transfer, refund_platform_fee=refund_platform_fee)
    assert raised.value.reason is Reason.REQUEST_INVALID
    assert raised.value.violations[0].field == expected


@pytest.mark.parametrize("absorb_by", [UNSPECIFIED, PLATFORM])
@pytest.mark.parametrize("reverse_transfer", [None, False])
def test_a_sale_of_the_platform_is_refunded_by_the_platform(absorb_by: AbsorbBy, reverse_transfer: bool | None) -> None:
    assert bearer(SALE, absorb_by, reverse_transfer=reverse_transfer, refund_platform_fee=False) == (UNSPECIFIED, False)


@pytest.mark.parametrize(
    ("absorb_by", "reverse_transfer", "refund_platform_fee", "field"),
    [
        (CREATOR, None, False, "absorb_by"),
        (UNSPECIFIED, True, False, "reverse_transfer"),
        (UNSPECIFIED, None, True, "refund_platform_fee"),
    ],
)
def test_a_sale_of_the_platform_knows_no_seller_to_take_from(
    absorb_by: AbsorbBy, reverse_transfer: bool | None, refund_platform_fee: bool, field: str
) -> None:
    with pytest.raises(PaymentsError) as raised:
        bearer(SALE, absorb_by, reverse_transfer=reverse_transfer, refund_platform_fee=refund_platform_fee)

    assert raised.value.violations[0].field == field
    assert "is for payments to a connected account" in raised.value.message


DIRECT = replace(SALE, charge_model=ChargeModel.DIRECT, connected_account_id=new_id(), stripe_account="acct_1")


@pytest.mark.parametrize("gives_back", [True, False])
def test_a_direct_refund_is_the_connected_accounts_with_the_platforms_fee_or_without(gives_back: bool) -> None:
    for absorb_by in (AbsorbBy.UNSPECIFIED, AbsorbBy.CREATOR):
        borne = bearer(DIRECT, absorb_by, reverse_transfer=None, refund_platform_fee=gives_back)
        assert borne == (AbsorbBy.CREATOR, False)


@pytest.mark.parametrize(
    ("absorb_by", "reverse_transfer", "field"),
    [(AbsorbBy.PLATFORM, None, "absorb_by"), (AbsorbBy.UNSPECIFIED, True, "reverse_transfer")],
)
def test_a_direct_refund_has_no_transfer_and_nobody_else_to_pay_for_it(
    absorb_by: AbsorbBy, reverse_transfer: bool | None, field: str
) -> None:
    with pytest.raises(PaymentsError) as raised:
        bearer(DIRECT, absorb_by, reverse_transfer=reverse_transfer, refund_platform_fee=False)

    assert raised.value.violations[0].field == field
