"""The statistics: medians with their spread over rounds, ratios within a round, and goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Summary:
    """Values of several rounds.

    Attributes:
        median: of the rounds.
        low: the smallest.
        high: the largest.
        rounds: how many there were.
    """

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Summary":
        """Summarise.

        Raises:
            ValueError: there are no values.
        """
        if not values:
            raise ValueError("nothing was measured: there is no round to summarise")
        return cls(median(values), min(values), max(values), len(values))


def ratios(values: Sequence[float], references: Sequence[float]) -> list[float]:
    """Each round's value by the same round's reference: what slows down the whole machine for a while cancels out.

    Raises:
        ValueError: a different number of rounds, or a reference that measured nothing.
    """
    if len(values) != len(references):
        raise ValueError(f"{len(values)} rounds cannot be compared with {len(references)} of the reference")
    if not all(reference > 0 for reference in references):
        raise ValueError("the reference measured nothing in a round: there is no ratio to it")
    return [value / reference for value, reference in zip(values, references, strict=True)]


def best(*columns: Sequence[float]) -> list[float]:
    """The largest value of each round, of references that are the same thing at several settings.

    Raises:
        ValueError: columns of different lengths.
    """
    return [max(row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach (design: performance.md).

    Attributes:
        bound: the least it should be, or the most.
        at_least: which of the two.
    """

    bound: float
    at_least: bool

    def is_met_by(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"


def at_least(bound: float) -> Goal:
    """A goal that is reached from below."""
    return Goal(bound, at_least=True)


def at_most(bound: float) -> Goal:
    """A goal that is reached from above."""
    return Goal(bound, at_least=False)
