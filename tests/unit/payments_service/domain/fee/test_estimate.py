"""What is left of a payment, as far as one can tell beforehand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.fee.estimate import FeeEstimate, PlatformFee, StripePrice, estimated_stripe_fee
from payments_service.domain.money import AMOUNT_MINOR_MAX, Money

PRICES = {"usd": StripePrice(290, 30), "jpy": StripePrice(360, 0)}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Money(10_000, "usd"), 320),
        (Money(6_000, "usd"), 204),
        (Money(10_800, "usd"), 343),
        (Money(1_000, "jpy"), 36),
        (Money(20, "usd"), 20),
    ],
)
def test_a_card_payment_costs_what_the_price_list_says(amount: Money, expected: int) -> None:
    assert estimated_stripe_fee(amount, PRICES) == Money(expected, amount.currency)


def test_without_a_price_there_is_no_estimate() -> None:
    estimate = FeeEstimate(
        Money(100, "eur"), PlatformFee(Money(10, "eur")), estimated_stripe_fee(Money(100, "eur"), PRICES)
    )

    assert (estimate.stripe_fee, estimate.platform_net) == (None, None)
    assert estimate.account_net == Money(90, "eur")


def test_a_fee_below_stripe_s_costs_the_platform_money() -> None:
    estimate = FeeEstimate(Money(10_000, "usd"), PlatformFee(Money(300, "usd")), Money(320, "usd"))

    assert (estimate.account_net, estimate.platform_net) == (Money(9_700, "usd"), Money(-20, "usd"))


@given(st.integers(0, AMOUNT_MINOR_MAX), st.data())
def test_the_parts_add_up_to_what_the_customer_pays(gross: int, data: st.DataObject) -> None:
    amount = Money(gross, "usd")
    fee = Money(data.draw(st.integers(0, gross)), "usd")
    estimate = FeeEstimate(amount, PlatformFee(fee), estimated_stripe_fee(amount, PRICES))

    assert estimate.stripe_fee is not None
    assert estimate.platform_net is not None
    assert 0 <= estimate.stripe_fee.amount_minor <= gross
    assert estimate.account_net + estimate.platform_net + estimate.stripe_fee == amount
