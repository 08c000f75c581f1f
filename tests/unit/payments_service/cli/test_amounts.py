"""Amounts are shown with as many digits as their currency has."""

import pytest

from payments_service.cli.purchase.amounts import display


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (2_500, "usd", "25.00 usd"),
        (-5, "usd", "-0.05 usd"),
        (123_456_789, "eur", "1,234,567.89 eur"),
        (2_500, "jpy", "2,500 jpy"),
        (-2_500, "jpy", "-2,500 jpy"),
        (1_234_560, "kwd", "1,234.560 kwd"),
        (0, "usd", "0.00 usd"),
    ],
)
def test_an_amount_reads_as_people_write_it(amount_minor: int, currency: str, text: str) -> None:
    assert display(amount_minor, currency) == text
