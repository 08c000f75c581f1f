"""Checks of the books, and what they find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

Position = Mapping[str, object]
"""Where a check has come to: the key of the last row that it has looked at. Empty: the beginning."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        check: which check found it; begins with the invariant, for example `I2 entries`.
        subject: the row, by its outside id or its key.
        message: what differs, in words, with values.
    """

    check: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came of looking at a stretch of rows.

    Attributes:
        rows: how many there were.
        position: where to go on; None: it was the last.
        findings: the first few of this stretch.
        not_checked: what could not be looked at, and why.
    """

    rows: int = 0
    position: Position | None = None
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()


@dataclass(slots=True)
class CheckResult:
    """How far a check has come.

    Attributes:
        check: its name.
        rows: how many it has looked at.
        done: whether it has come to the end.
        findings: the first ones, at most `FINDINGS_MAX`.
        not_checked: what could not be looked at, and why; as many at most. It says nothing of that, good or bad.
    """

    check: str
    rows: int = 0
    done: bool = False
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether all of it was looked at and nothing differs."""
        return self.done and not self.findings and not self.not_checked

    def follow(self, stretch: Stretch) -> None:
        """Take in what came of another stretch."""
        self.rows += stretch.rows
        self.findings += stretch.findings[: FINDINGS_MAX - len(self.findings)]
        self.not_checked += stretch.not_checked[: FINDINGS_MAX - len(self.not_checked)]
        self.done = stretch.position is None


FINDINGS_MAX = 20
"""Findings of a check that are kept: one that is wrong everywhere must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """A verification that is stored.

    Attributes:
        results: a result for each of its checks, in order; the first that is not done is at hand.
        position: where that one has come to.
        actor: who asked for it.
        end_time: when all were done; None before.
    """

    id: UUID
    results: Sequence[CheckResult]
    create_time: datetime
    actor: str
    position: Position = field(default_factory=dict)
    end_time: datetime | None = None

    @property
    def done(self) -> bool:
        """Whether all checks have come to their ends."""
        return all(result.done for result in self.results)

    @property
    def agrees(self) -> bool:
        """Whether all of it was looked at and nothing differs."""
        return all(result.agrees for result in self.results)

    @property
    def check(self) -> CheckResult:
        """The check that is at hand."""
        return next(result for result in self.results if not result.done)


def continued(run: Run, stretch: Stretch, now: datetime) -> Run:
    """The run after another stretch of the check at hand."""
    run.check.follow(stretch)
    return replace(run, position=stretch.position or {}, end_time=now if run.done else None)


def by_invariant(names: Sequence[str]) -> list[str]:
    """The names of checks in the order of their invariants."""
    return sorted(names, key=lambda name: int(name.partition(" ")[0][1:]))


def chosen(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The checks with these names or of these invariants; all when none is named.

    Raises:
        ValueError: there is no such check.
    """
    known = {*names, *(name.partition(" ")[0] for name in names)}
    for name in wanted:
        if name not in known:
            raise ValueError(f"no check {name!r}: there are {', '.join(names)}")
    return [name for name in names if not wanted or name in wanted or name.partition(" ")[0] in wanted]
