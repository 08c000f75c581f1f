import json

import pytest

from bench.figures import Summary, at_least
from bench.machine import Machine
from bench.output import as_document, number, print_outcome
from bench.report import Books, Comparison, Outcome, Report, Row, Sample

REPORT = Report(
    name="get_balance",
    title="GetBalance",
    setting=("two processes",),
    rows=(Row.of("no-op", "calls/s", [Sample(5_000.0, {"p50 ms": 1.25}), Sample(6_000.0, {"p50 ms": 1.5})]),),
    comparisons=(Comparison("GetBalance by no-op", "of it", Summary(0.5, 0.4, 0.6, 2), at_least(0.75)),),
    books=Books(("10 transactions",), ("a cent is missing",)),
)
OUTCOME = Outcome(REPORT, Machine("2 of them", 24.0, "Linux", "3.11", "1.85", "3.3", 0.4), (1.5, 2.5), 12.0, quick=True)


def test_a_person_sees_figures_goals_machine_and_books(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(OUTCOME)
    printed = capsys.readouterr().out
    for text in ("GetBalance", "5,500", "5,000 - 6,000", "1.38", "0.5 of it", "≥ 0.75", "short", "a cent is missing"):
        assert text in printed
    assert "load average 1.5 before, 2.5 after" in printed
    assert "quick: a look, not a result" in printed


def test_a_program_gets_every_round_and_the_verdict() -> None:
    [document] = json.loads(as_document([OUTCOME]))
    report = document["report"]
    assert report["rows"][0]["values"] == [5_000.0, 6_000.0]
    assert report["rows"][0]["summary"] == {"median": 5_500.0, "low": 5_000.0, "high": 6_000.0, "rounds": 2}
    assert report["comparisons"][0]["goal"] == {"bound": 0.75, "at_least": True}
    assert report["comparisons"][0]["verdict"] == "short"
    assert report["books"]["problems"] == ["a cent is missing"]
    assert document["machine"]["sync_ms"] == 0.4


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0331, "0.0331"), (12.345, "12.3"), (99.96, "100"), (12_345.6, "12,346")]
)
def test_numbers_have_three_digits_that_mean_something(value: float, shown: str) -> None:
    assert number(value) == shown
