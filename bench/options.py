"""How a benchmark is asked to run."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Options:
    """What can be said on the command line.

    Attributes:
        quick: the short form: fewer rounds, shorter, smaller books.
        as_json: print one JSON document instead of tables.
        rounds: how often numerator and reference take turns.
        seconds: how long each is measured in a round.
        processes: of servers and of writers.
        clients: processes that make calls.
        scale: size of books and number of repetitions, by what the full form has; tests make it small.
    """

    quick: bool
    as_json: bool
    rounds: int
    seconds: float
    processes: int = PROCESSES
    clients: int = PROCESSES
    scale: float = 1.0

    @property
    def warm_seconds(self) -> float:
        """How long each runs in a round before anything counts."""
        return min(1.0, self.seconds / 3)

    def sized(self, full: int, quick: int) -> int:
        """A size by the form that was asked for."""
        return max(1, round((quick if self.quick else full) * self.scale))


def parser(program: str, description: str) -> argparse.ArgumentParser:
    """What every benchmark can be told."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--quick", action="store_true", help="the short form: under a minute, and noisier")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--rounds", type=_positive(int), help="how often everybody has a turn (5; quick: 3)")
    parser.add_argument("--seconds", type=_positive(float), help="how long each turn is (5; quick: 1.5)")
    parser.add_argument("--processes", type=_positive(int), default=PROCESSES, help="of the server, or writers (2)")
    parser.add_argument("--clients", type=_positive(int), default=PROCESSES, help="processes that make calls (2)")
    parser.add_argument("--scale", type=_positive(float), default=1.0, help="size of the books, by the usual one (1)")
    return parser


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that a command line has."""
    quick: bool = arguments.quick
    return Options(
        quick=quick,
        as_json=arguments.json,
        rounds=arguments.rounds or (3 if quick else 5),
        seconds=arguments.seconds or (1.5 if quick else 5.0),
        processes=arguments.processes,
        clients=arguments.clients,
        scale=arguments.scale,
    )


def parse(program: str, description: str, arguments: Sequence[str] | None = None) -> Options:
    """Read the command line of one benchmark; exits with 2 and a line on wrong usage."""
    return options_of(parser(program, description).parse_args(arguments))


class _Positive:
    """A number above zero, for argparse."""

    def __init__(self, kind: type[int] | type[float]) -> None:
        self._kind = kind
        self.__name__ = f"number above zero ({kind.__name__})"

    def __call__(self, text: str) -> int | float:
        value = self._kind(text)
        if value <= 0:
            raise ValueError(text)
        return value


def _positive(kind: type[int] | type[float]) -> _Positive:
    return _Positive(kind)
