"""What a benchmark has found: figures of each round, what they are compared with, and whether the books are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.figures import Goal, Summary, ratios
from bench.machine import Machine

TIMES = "×"  # noqa: RUF001 - what ratios are written with
"""Unit of a ratio."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one turn of one arm gave.

    Attributes:
        value: the figure, in the unit of its row.
        details: further figures, by their names with units.
    """

    value: float
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One arm over all rounds.

    Attributes:
        name: what was measured.
        unit: of its values.
        values: one a round.
        details: further figures by name, each over the rounds.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    details: Mapping[str, Summary]

    @classmethod
    def of(cls, name: str, unit: str, samples: Sequence[Sample]) -> "Row":
        """From the samples of the rounds, which all have the same details."""
        names = samples[0].details
        details = {name: Summary.of([sample.details[name] for sample in samples]) for name in names}
        return cls(name, unit, tuple(sample.value for sample in samples), details)

    @property
    def summary(self) -> Summary:
        """Of its values."""
        return Summary.of(self.values)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure that says something beyond this machine and this minute, with its goal where there is one."""

    name: str
    unit: str
    summary: Summary
    goal: Goal | None = None

    @property
    def verdict(self) -> str:
        """Whether the median reaches the goal."""
        if self.goal is None:
            return ""
        return "met" if self.goal.is_met_by(self.summary.median) else "short"


def ratio(name: str, values: Sequence[float], references: Sequence[float], goal: Goal | None = None) -> Comparison:
    """Values by their references, round by round."""
    return Comparison(name, TIMES, Summary.of(ratios(values, references)), goal)


@dataclass(frozen=True, slots=True)
class Books:
    """What was checked after all was measured.

    Attributes:
        checked: what holds, in words with figures.
        problems: what does not.
    """

    checked: tuple[str, ...]
    problems: tuple[str, ...] = ()

    def __add__(self, other: "Books") -> "Books":
        return Books(self.checked + other.checked, self.problems + other.problems)


@dataclass(frozen=True, slots=True)
class Report:
    """All of it.

    Attributes:
        name: of the benchmark, as it is started.
        title: in words.
        setting: what was measured on what, a line each.
        rows: the arms.
        comparisons: ratios and figures with goals.
        books: whether they are right.
    """

    name: str
    title: str
    setting: tuple[str, ...]
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    books: Books


@dataclass(frozen=True, slots=True)
class Outcome:
    """A report with the circumstances of its run.

    Attributes:
        report: what was found.
        machine: what it ran on.
        loads: the machine's load average before and after; what else it did is in both.
        seconds: how long it all took.
        quick: whether it was the short form.
    """

    report: Report
    machine: Machine
    loads: tuple[float, float]
    seconds: float
    quick: bool
