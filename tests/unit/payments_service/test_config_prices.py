"""What Stripe takes, as a setting: prices by currency, and what is said of those that are none."""

import re

import pytest

from payments_service.config import STRIPE_CARD_PRICES, ConfigurationError, load_settings
from scripts.env_example import env_example

VARIABLE = "PAYMENTS_STRIPE_FEE_ESTIMATE"


def test_by_default_a_us_account_s_prices_are_known() -> None:
    assert load_settings({}).stripe_fee_estimate["usd"] == (290, 30)


def test_prices_of_its_own_take_the_place_of_all_of_them() -> None:
    assert load_settings({VARIABLE: '{"chf": [290, 30]}'}).stripe_fee_estimate == {"chf": (290, 30)}
    assert load_settings({VARIABLE: "{}"}).stripe_fee_estimate == {}


def test_the_example_shows_the_default_as_one_would_write_it() -> None:
    shown = re.search(rf"^# {VARIABLE}=(.*)$", env_example(), re.MULTILINE)

    assert shown is not None
    assert load_settings({VARIABLE: shown[1]}).stripe_fee_estimate == STRIPE_CARD_PRICES


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("290", 'must be JSON such as {"usd": [290, 30]}'),
        ("[290, 30]", 'must be JSON such as {"usd": [290, 30]}'),
        ('{"usd": 290}', "usd: 290 is no price"),
        ('{"usd": [290]}', "usd: [290] is no price"),
        ('{"usd": [2.9, 30]}', "usd: [2.9, 30] is no price"),
        ('{"usd": [true, 30]}', "usd: [True, 30] is no price"),
        ('{"usd": [10001, 30]}', "usd: [10001, 30] is no price"),
        ('{"usd": [290, -1]}', "usd: [290, -1] is no price"),
        ('{"USD": [290, 30]}', "'USD' is no currency that Stripe supports: write one like usd, in lower case"),
        ('{"uds": [290, 30]}', "'uds' is no currency"),
    ],
)
def test_what_is_no_price_is_named_in_one_line(value: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({VARIABLE: value})

    assert str(refused.value).startswith(f"{VARIABLE}: {what}")
    assert "\n" not in str(refused.value)
