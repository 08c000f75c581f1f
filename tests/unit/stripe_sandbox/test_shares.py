"""Proportional parts: exact for the whole, however it is divided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_sandbox.balance.shares import next_share, share


@pytest.mark.parametrize(
    ("total", "part", "whole", "expected"),
    [
        (1_000, 4_000, 10_000, 400),
        (9_000, 4_000, 10_000, 3_600),
        (333, 3_333, 10_000, 111),
        (1, 1, 2, 1),
        (1, 49, 100, 0),
        (1_000, 0, 10_000, 0),
        (0, 5, 10, 0),
    ],
)
def test_a_share_is_rounded_half_up(total: int, part: int, whole: int, expected: int) -> None:
    assert share(total, part, whole) == expected


@given(st.integers(0, 10**10), st.lists(st.integers(1, 10**8), min_size=1, max_size=20))
def test_the_shares_of_all_parts_add_up_to_the_total(total: int, parts: list[int]) -> None:
    whole = sum(parts)
    shares = [next_share(total, sum(parts[:number]), part, whole) for number, part in enumerate(parts)]
    assert sum(shares) == total
    assert all(one >= 0 for one in shares)
