"""Where a command writes: the answer to standard output, progress and complaints to standard error."""

import json
from collections.abc import Sequence

import typer
from rich.console import Console

from payments_service.cli.document import as_document
from payments_service.cli.purchase.facts import Facts
from payments_service.cli.report import print_report, print_verdict
from payments_service.cli.steps import Step


def print_outcome(
    startup: Sequence[Step], steps: Sequence[Step], facts: Facts, problems: Sequence[str], *, as_json: bool
) -> None:
    """Print the purchase and every figure after it, and whether they are right."""
    if as_json:
        typer.echo(json.dumps(as_document(startup, steps, facts, problems), indent=2))
        return
    console = Console(highlight=False)
    print_report(console, startup, steps, facts)
    print_verdict(console, problems)
