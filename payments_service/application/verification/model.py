"""Checks of the books, and what they find."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """

    rows: int = 0
    position: Position | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class CheckResult:
    """How far a check has come.

    Attributes:
        check: its name.
        rows: how many it has looked at.
        done: whether it has come to the end.
        findings: the first ones, at most `FINDINGS_MAX`.
    """

    check: str
    rows: int = 0
    done: bool = False
    findings: list[Finding] = field(default_factory=list)


FINDINGS_MAX = 20
"""Findings of a check that are kept: one that is wrong everywhere must not fill the memory."""
