"""The command line of every benchmark: run, print, and say by the exit code whether the books are right."""

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

import psycopg

from bench.machine import describe, load
from bench.options import Options, parse
from bench.output import as_document, print_outcome
from bench.place import Place, place
from bench.report import Outcome, Report
from payments_service.cli.errors import EXIT_FAILURE, CommandError
from payments_service.cli.progress import Progress
from payments_service.config import ConfigurationError

Measure = Callable[[Place], Awaitable[Report]]
"""A benchmark: sets up what it needs in a place, and reports."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(name: str, description: str, measure: Measure, arguments: Sequence[str] | None = None) -> None:
    """Run one benchmark from its command line; exits with 0, or with 1 when the books are wrong or it cannot be run."""
    sys.exit(run_all([measure], parse(f"python -m bench.{name}", description, arguments)))


def run_all(benchmarks: Sequence[Measure], options: Options) -> int:
    """Run benchmarks one after the other and print what they found; returns the exit code."""
    stopped_by: list[signal.Signals] = []
    try:
        outcomes = asyncio.run(_run(benchmarks, options, stopped_by))
    except (CommandError, ConfigurationError, psycopg.Error) as error:
        print(f"bench: {error}", file=sys.stderr)
        return _exit_code(stopped_by)
    except (Exception, asyncio.CancelledError) as error:
        # In a terminal a Ctrl-C ends everybody at once, so that each may find that others are gone.
        if not stopped_by:
            raise
        alone = isinstance(error, asyncio.CancelledError)
        what = "everything that was started has been stopped" if alone else repr(error)
        print(f"bench: interrupted; {what}", file=sys.stderr)
        return _exit_code(stopped_by)
    if options.as_json:
        print(as_document(outcomes))
    return EXIT_FAILURE if any(outcome.report.books.problems for outcome in outcomes) else 0


def _exit_code(stopped_by: Sequence[signal.Signals]) -> int:
    """As a shell gives it for the signal that came first, whatever came of that."""
    return 128 + stopped_by[0] if stopped_by else EXIT_FAILURE


async def _run(benchmarks: Sequence[Measure], options: Options, stopped_by: list[signal.Signals]) -> list[Outcome]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop(number: signal.Signals) -> None:
        stopped_by.append(number)
        if task is not None:
            task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
    outcomes = []
    for measure in benchmarks:
        outcome = await run_one(measure, options)
        outcomes.append(outcome)
        if not options.as_json:
            print_outcome(outcome)
    return outcomes


async def run_one(measure: Measure, options: Options) -> Outcome:
    """Run one benchmark in a place of its own.

    Raises:
        CommandError: it cannot be run; says why.
    """
    started, before = time.monotonic(), load()
    with Progress() as progress:
        async with place(options, progress) as here:
            machine = await asyncio.to_thread(describe, here.folder)
            report = await measure(here)
    return Outcome(report, machine, (before, load()), time.monotonic() - started, options.quick)
