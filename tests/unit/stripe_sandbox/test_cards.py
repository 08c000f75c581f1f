"""Test cards by token and by number."""

import pytest

from stripe_sandbox.cards import CARDS, card_of_number, card_of_payment_method, card_of_token


def test_token_payment_method_and_number_are_the_same_card() -> None:
    visa = card_of_payment_method("pm_card_visa")
    assert visa is not None
    assert visa == card_of_token("tok_visa") == card_of_number("4242 4242 4242 4242")


@pytest.mark.parametrize("unknown", ["pm_card_nope", "pm_123", "visa"])
def test_what_is_no_test_card_is_none(unknown: str) -> None:
    assert card_of_payment_method(unknown) is None
    assert card_of_token(unknown) is None
    assert card_of_number(unknown) is None


def test_every_number_is_a_valid_card_number() -> None:
    for card in CARDS:
        digits = [int(digit) for digit in reversed(card.number)]
        doubled = [sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(digits)]
        assert sum(doubled) % 10 == 0, card.name
