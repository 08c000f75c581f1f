from dataclasses import fields, replace

import pytest

from bench.ledger.books import Findings, judge

RIGHT = Findings(10, 20, 5, 0, 0, 0, 0, 0, 0)
COUNTS = ("transactions", "entries", "accounts")


def test_right_books_are_told_with_their_figures() -> None:
    books = judge(RIGHT, 10)
    assert books.problems == ()
    assert books.checked[0].startswith("10 transactions, as many as were acknowledged; 20 entries of 5 accounts")


@pytest.mark.parametrize("name", [field.name for field in fields(Findings) if field.name not in COUNTS])
def test_each_thing_that_can_be_wrong_is_a_problem_and_nothing_is_praised(name: str) -> None:
    books = judge(replace(RIGHT, **{name: 3}), 10)
    assert books.checked == ()
    [problem] = books.problems
    assert problem.startswith("3 ")


@pytest.mark.parametrize("expected", [9, 11])
def test_a_posting_that_is_lost_or_doubled_is_a_problem(expected: int) -> None:
    assert judge(RIGHT, expected).problems == (f"10 transactions are there, and {expected} were posted",)
