"""Money from a caller: a known currency, within the cap."""

import pytest

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.money import AMOUNT_MINOR_MAX, Money, money_from_input


def test_the_currency_is_taken_in_any_case() -> None:
    assert money_from_input(2500, "USD", "amount") == Money(2500, "usd")


@pytest.mark.parametrize("code", ["xxx", "usdt", "", "us", "€€€"])
def test_an_unknown_currency_names_the_field_and_what_to_do(code: str) -> None:
    with pytest.raises(PaymentsError) as raised:
        money_from_input(1, code, "amount")

    assert raised.value.reason is Reason.CURRENCY_UNSUPPORTED
    (violation,) = raised.value.violations
    assert violation.field == "amount.currency_code"
    assert "ISO 4217" in violation.description


@pytest.mark.parametrize("amount", [AMOUNT_MINOR_MAX + 1, -AMOUNT_MINOR_MAX - 1])
def test_beyond_the_cap_is_refused(amount: int) -> None:
    with pytest.raises(PaymentsError) as raised:
        money_from_input(amount, "usd", "fee")

    assert raised.value.violations[0].field == "fee.amount_minor"


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="usd with eur"):
        Money(1, "usd") + Money(1, "eur")
