"""Turns: every arm once a round, so that what happens to the machine happens to all of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.report import Row, Sample


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the things that take turns.

    Attributes:
        name: of its row.
        unit: of its values.
        turn: measures it once.
    """

    name: str
    unit: str
    turn: Callable[[], Awaitable[Sample]]


async def take_turns(arms: Sequence[Arm], rounds: int, say: Callable[[str], None]) -> dict[str, Row]:
    """Measure every arm in every round, in this order; returns the rows by name.

    Args:
        arms: what is measured; references among them.
        rounds: how often.
        say: told what is going on.
    """
    samples: dict[str, list[Sample]] = {arm.name: [] for arm in arms}
    for number in range(1, rounds + 1):
        for arm in arms:
            say(f"round {number} of {rounds}: {arm.name}")
            samples[arm.name].append(await arm.turn())
    return {arm.name: Row.of(arm.name, arm.unit, samples[arm.name]) for arm in arms}
