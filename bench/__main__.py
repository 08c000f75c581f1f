"""All benchmarks one after the other, or those that are named: `python -m bench --quick get_balance webhook`."""

import importlib
import sys

from bench.command import Measure, run_all
from bench.options import options_of, parser

NAMES = (
    "get_balance",
    "post_unary",
    "post_batch_rpc",
    "post_batches",
    "growth",
    "balance_at",
    "big_books",
    "create_payment",
    "webhook",
    "events",
    "start_up",
)


def main() -> int:
    """Run them; returns 1 when the books of one are wrong."""
    command = parser("python -m bench", __doc__ or "")
    command.add_argument("names", nargs="*", metavar="benchmark", help=f"one or more of {', '.join(NAMES)}; none: all")
    arguments = command.parse_args()
    if unknown := [name for name in arguments.names if name not in NAMES]:
        command.error(f"no benchmark {', '.join(unknown)}: choose from {', '.join(NAMES)}")
    return run_all([benchmark(name) for name in arguments.names or NAMES], options_of(arguments))


def benchmark(name: str) -> Measure:
    """The benchmark of a name."""
    measure: Measure = importlib.import_module(f"bench.{name}").measure
    return measure


if __name__ == "__main__":
    sys.exit(main())
