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

EXIT_INTERRUPTED = 128 + signal.SIGINT


def main(name: str, description: str, measure: Measure, arguments: Sequence[str] | None = None) -> None:
    """Run one benchmark from its command line; exits with 0, or with 1 when the books are wrong or it cannot be run."""
    sys.exit(run_all([measure], parse(f"python -m bench.{name}", description, arguments)))


def run_all(benchmarks: Sequence[Measure], options: Options) -> int:
    """Run benchmarks one after the other and print what they found; returns the exit code."""
    try:
        outcomes = asyncio.run(_run(benchmarks, options))
    except KeyboardInterrupt:
        print("bench: interrupted; everything that was started has been stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    except (CommandError, ConfigurationError, psycopg.Error) as error:
        print(f"bench: {error}", file=sys.stderr)
        return EXIT_FAILURE
    if options.as_json:
        print(as_document(outcomes))
    return EXIT_FAILURE if any(outcome.report.books.problems for outcome in outcomes) else 0


async def _run(benchmarks: Sequence[Measure], options: Options) -> list[Outcome]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)
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
