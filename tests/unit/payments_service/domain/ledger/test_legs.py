"""Legs become the postings one would write by hand."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.ledger import chart
from payments_service.domain.ledger.legs import Leg, pair
from payments_service.domain.ledger.transaction import code_of
from tests.unit.payments_service.domain.ledger.examples import posting

LEGS = st.lists(st.builds(Leg, st.sampled_from("abcdef"), st.integers(-50, 50)), max_size=8)


def test_a_charge_debits_mirror_and_fee_and_credits_the_counter_account() -> None:
    postings = pair([Leg("stripe", 9710), Leg("fee", 290)], [Leg("sales", 10000)], "usd")
    assert postings == (posting("stripe", "sales", 9710), posting("fee", "sales", 290))


def test_negative_legs_change_sides() -> None:
    assert pair([Leg("stripe", -100)], [Leg("sales", -100)], "usd") == (posting("sales", "stripe", 100),)


def test_equal_amounts_find_each_other() -> None:
    postings = pair([Leg("a", 3), Leg("b", 5)], [Leg("x", 5), Leg("y", 3)], "usd")
    assert postings == (posting("a", "y", 3), posting("b", "x", 5))


def test_zero_legs_and_accounts_that_net_to_zero_are_left_out() -> None:
    assert pair([Leg("a", 0), Leg("b", 7), Leg("b", -7)], [Leg("c", 0)], "usd") == ()
    assert pair([Leg("fee", 5)], [Leg("fee", 5)], "usd") == ()


def test_a_spec_is_kept_over_a_code() -> None:
    spec = chart.stripe_mirror("usd")
    (only,) = pair([Leg(spec.code, 1), Leg(spec, 1), Leg(spec.code, 1)], [Leg("a", 3)], "usd")
    assert only.debit is spec


def test_legs_that_do_not_balance_are_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="do not balance"):
        pair([Leg("a", 1)], [Leg("b", 2)], "usd")


@given(debits=LEGS, counters=LEGS)
def test_every_account_gets_the_sum_of_its_legs_in_few_postings(debits: list[Leg], counters: list[Leg]) -> None:
    difference = sum(leg.amount_minor for leg in debits) - sum(leg.amount_minor for leg in counters)
    counters = [*counters, Leg("rest", difference)]
    postings = pair(debits, counters, "usd")
    wanted: Counter[str] = Counter()
    for leg in debits:
        wanted[code_of(leg.account)] += leg.amount_minor
    for leg in counters:
        wanted[code_of(leg.account)] -= leg.amount_minor
    got: Counter[str] = Counter()
    for one in postings:
        got[code_of(one.debit)] += one.amount.amount_minor
        got[code_of(one.credit)] -= one.amount.amount_minor
    moved = {code: amount for code, amount in wanted.items() if amount}
    assert {code: amount for code, amount in got.items() if amount} == moved
    assert all(one.amount.amount_minor > 0 and one.debit != one.credit for one in postings)
    assert len(postings) <= max(0, len(moved) - 1)
    assert pair(debits, counters, "usd") == postings
