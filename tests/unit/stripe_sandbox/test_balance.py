"""The sandbox's own books: fees to the cent, and a balance that is the sum of its transactions at any moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_sandbox.balance.book import BalanceBook, Movement
from stripe_sandbox.balance.currencies import charge_maximum, charge_minimum, charge_step, display, exponent
from stripe_sandbox.balance.fees import card_fee, stripe_fee_detail


@pytest.mark.parametrize(
    ("amount", "currency", "fee"),
    [
        (10_000, "usd", 320),
        (6_000, "usd", 204),
        (50, "usd", 31),
        (51, "usd", 31),
        (500, "usd", 45),
        (1_000, "jpy", 59),
        (10_000, "eur", 315),
        (10_000, "kwd", 290),
        (1, "krw", 0),
        (20, "usd", 20),
    ],
)
def test_the_fee_is_2_9_percent_rounded_half_up_plus_the_fixed_part(amount: int, currency: str, fee: int) -> None:
    assert card_fee(amount, currency) == fee


MOVEMENTS = st.lists(
    st.tuples(
        st.integers(-(10**9), 10**9), st.sampled_from(["usd", "jpy", "eur"]), st.integers(0, 50), st.integers(0, 500)
    ),
    max_size=40,
)


@given(MOVEMENTS, st.integers(0, 60))
def test_the_balance_is_the_sum_of_its_transactions(movements: list[tuple[int, str, int, int]], until: int) -> None:
    book = BalanceBook()
    for number, (amount, currency, wait, fee) in enumerate(movements):
        details = (stripe_fee_detail(fee, currency),)
        book.record(f"txn_{number}", Movement("charge", amount, currency, None, 1_000 + wait, details), 1_000)
    book.settle(1_000 + until)
    shown = book.render("usd")
    for side, status in (("available", "available"), ("pending", "pending")):
        totals = {line["currency"]: line["amount"] for line in shown[side]}
        for currency in ("usd", "jpy", "eur"):
            expected = sum(
                one["net"] for one in book.transactions if one["currency"] == currency and one["status"] == status
            )
            assert totals.get(currency, 0) == expected
    assert all(one["net"] == one["amount"] - one["fee"] for one in book.transactions)
    assert all((one["available_on"] <= 1_000 + until) == (one["status"] == "available") for one in book.transactions)


def test_an_empty_balance_still_names_the_default_currency() -> None:
    assert BalanceBook().render("usd")["available"] == [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}]


def test_currencies_have_their_exponents_limits_and_steps() -> None:
    assert [exponent(code) for code in ("jpy", "usd", "kwd", "ugx", "isk")] == [0, 2, 3, 2, 2]
    assert [charge_step(code) for code in ("jpy", "usd", "kwd", "ugx", "isk")] == [1, 1, 10, 100, 100]
    assert (charge_minimum("usd"), charge_maximum("usd")) == (50, 99_999_999)
    assert display(50, "usd") == "0.50 usd"
    assert display(1_234_567, "kwd") == "1,234.567 kwd"
    assert display(50, "jpy") == "50 jpy"
