"""Reports for people, as tables, and for programs, as JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Summary
from bench.report import Outcome

_WIDTH = 132
_COLOURS = {"met": "green", "short": "yellow"}


def print_outcome(outcome: Outcome) -> None:
    """Print what was measured, how it compares, and whether the books are right; on standard output."""
    report = outcome.report
    # A file or a pipe has no width; tables that are folded to 80 columns are hard to read there.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    form = " (quick: a look, not a result)" if outcome.quick else ""
    console.print(f"\n[bold]{report.title}[/]{form}", soft_wrap=True)
    for line in (*report.setting, str(outcome.machine)):
        console.print(f"  {line}", soft_wrap=True, markup=False)
    before, after = outcome.loads
    console.print(
        f"  load average {before:.1f} before, {after:.1f} after; {outcome.seconds:.0f} s in all", soft_wrap=True
    )
    console.print(_measured(outcome))
    if report.comparisons:
        console.print(_compared(outcome))
    for line in report.books.checked:
        console.print(f"[green]books:[/] {line}", soft_wrap=True)
    for problem in report.books.problems:
        console.print(f"[red]books:[/] {problem}", soft_wrap=True)


def as_document(outcomes: Sequence[Outcome]) -> str:
    """The same for programs: every value of every round, and the summaries."""
    return json.dumps([_document(outcome) for outcome in outcomes], indent=2, ensure_ascii=False)


def _measured(outcome: Outcome) -> Table:
    table = Table(header_style="bold")
    table.add_column("Measured", overflow="fold")
    for name in ("Median", "Spread"):
        table.add_column(name, justify="right")
    table.add_column("Unit")
    names = list(dict.fromkeys(name for row in outcome.report.rows for name in row.details))
    for name in names:
        table.add_column(name, justify="right")
    for row in outcome.report.rows:
        details = [number(row.details[name].median) if name in row.details else "" for name in names]
        table.add_row(row.name, number(row.summary.median), _spread(row.summary), row.unit, *details)
    return table


def _compared(outcome: Outcome) -> Table:
    table = Table(header_style="bold")
    table.add_column("Compared", overflow="fold")
    for name in ("Median", "Spread", "Goal"):
        table.add_column(name, justify="right")
    table.add_column("")
    for comparison in outcome.report.comparisons:
        unit = f" {comparison.unit}"
        verdict = comparison.verdict
        table.add_row(
            comparison.name,
            number(comparison.summary.median) + unit,
            _spread(comparison.summary),
            f"{comparison.goal}{unit}" if comparison.goal else "",
            verdict,
            style=_COLOURS.get(verdict, ""),
        )
    return table


def _spread(summary: Summary) -> str:
    return f"{number(summary.low)} - {number(summary.high)}" if summary.rounds > 1 else ""


def number(value: float) -> str:
    """Three significant digits are as many as a benchmark has; large numbers with their thousands apart."""
    if abs(value) >= 100:  # noqa: PLR2004 - where three digits end
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _document(outcome: Outcome) -> dict[str, Any]:
    document = asdict(outcome)
    for row, measured in zip(document["report"]["rows"], outcome.report.rows, strict=True):
        row["summary"] = asdict(measured.summary)
    for compared, comparison in zip(document["report"]["comparisons"], outcome.report.comparisons, strict=True):
        compared["verdict"] = comparison.verdict
    return document
