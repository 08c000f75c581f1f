"""Parts of an amount add up to it, and to the whole however the amount is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_service.domain.settlement.shares import moved, shares

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(any)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (10_000, [8_000, 1_000, 1_000], [8_000, 1_000, 1_000]),
        (6_000, [8_000, 1_000, 1_000], [4_800, 600, 600]),
        (100, [1, 1, 1], [33, 34, 33]),
        (1, [1, 1], [1, 0]),
        (-1, [1, 1], [0, -1]),
        (0, [3, 4], [0, 0]),
        (7, [0, 5, 0], [0, 7, 0]),
    ],
)
def test_parts_are_in_proportion(amount: int, weights: list[int], parts: list[int]) -> None:
    assert shares(amount, weights) == parts


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_parts_add_up_and_are_within_a_unit_of_their_proportion(amount: int, weights: list[int]) -> None:
    parts = shares(amount, weights)

    assert sum(parts) == amount
    assert all(
        abs(part * sum(weights) - amount * weight) <= sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@given(steps=st.lists(AMOUNTS, max_size=8), weights=WEIGHTS)
def test_however_an_amount_is_cut_the_parts_come_to_the_same(steps: list[int], weights: list[int]) -> None:
    stands = 0
    totals = [0] * len(weights)
    for step in steps:
        totals = [total + part for total, part in zip(totals, moved(stands, stands + step, weights), strict=True)]
        stands += step

    assert totals == shares(sum(steps), weights)


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1]])
def test_nothing_to_be_in_proportion_to(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must be"):
        shares(1, weights)
