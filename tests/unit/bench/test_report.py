from bench.figures import Summary, at_least, at_most
from bench.report import Books, Comparison, Row, Sample, ratio


def test_a_row_keeps_every_round_and_summarises_its_details() -> None:
    row = Row.of("no-op", "calls/s", [Sample(10.0, {"p50 ms": 2.0}), Sample(30.0, {"p50 ms": 4.0})])
    assert row.values == (10.0, 30.0)
    assert row.summary.median == 20.0
    assert row.details == {"p50 ms": Summary(3.0, 2.0, 4.0, 2)}


def test_the_verdict_goes_by_the_median() -> None:
    summary = Summary(median=0.81, low=0.5, high=0.9, rounds=3)
    assert Comparison("a", "×", summary, at_least(0.8)).verdict == "met"  # noqa: RUF001 - the unit
    assert Comparison("a", "ms", summary, at_most(0.8)).verdict == "short"
    assert Comparison("a", "ms", summary).verdict == ""


def test_a_ratio_is_summarised_over_rounds() -> None:
    assert ratio("a", [1.0, 3.0], [2.0, 2.0]).summary == Summary(1.0, 0.5, 1.5, 2)


def test_books_of_several_databases_are_one_verdict() -> None:
    both = Books(("fine",)) + Books((), ("a cent is missing",))
    assert both == Books(("fine",), ("a cent is missing",))
