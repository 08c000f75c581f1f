"""What a closed loop of callers has done: counts and durations within the time that is measured."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bench.latencies import Latencies

PATIENCE_SECONDS = 20.0
"""How long a connection may take to be made, and the last calls to end."""


@dataclass(frozen=True, slots=True)
class Window:
    """When calls count. Each member of a crew has its own, and they begin at nearly the same moment.

    Attributes:
        begin: by `time.perf_counter`, after the warm-up.
        end: no call is begun any more.
    """

    begin: float
    end: float

    @classmethod
    def after(cls, warm_seconds: float, seconds: float) -> "Window":
        """From now."""
        begin = time.perf_counter() + warm_seconds
        return cls(begin, begin + seconds)


@dataclass(slots=True)
class Tally:
    """Counts of one phase.

    Attributes:
        window: when calls count.
        counted: good calls within the window; of one that began before it or ended after it, the part that is inside,
            so that a few slow calls are no matter of luck.
        total: all good calls, warm-up and tail included.
        effects: what their replies acknowledge.
        latencies: of those counted.
        failures: how calls failed, and how many did.
        durations_ms: of all good calls in their order, when there is one caller; else none.
        warm_calls: how many of these ended before the window.
    """

    window: Window
    in_progress: int
    counted: float = 0.0
    total: int = 0
    effects: int = 0
    latencies: Latencies = field(default_factory=Latencies)
    failures: Counter[str] = field(default_factory=Counter)
    durations_ms: list[float] = field(default_factory=list)
    warm_calls: int = 0
    _single: bool = field(init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._single = self.in_progress == 1

    def ended(self, began: float, failure: str, effects: int) -> float | None:
        """Take the end of a call; returns when the next one begins, None: it does not.

        A caller whose call has failed makes no more: figures with failures are void anyway.
        """
        now = time.perf_counter()
        if failure:
            self.failures[failure] += 1
        else:
            self.total += 1
            self.effects += effects
            if self._single:
                self.durations_ms.append((now - began) * 1000)
                self.warm_calls += now < self.window.begin
            inside = min(now, self.window.end) - max(began, self.window.begin)
            if inside > 0:
                self.counted += inside / (now - began)
                self.latencies.add(now - began)
        if not failure and now < self.window.end:
            return now
        self.in_progress -= 1
        if not self.in_progress:
            self._idle.set()
        return None

    async def finished(self) -> None:
        """Wait until the last call has ended.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(max(self.window.end - time.perf_counter(), 0) + PATIENCE_SECONDS):
            await self._idle.wait()

    def result(self) -> dict[str, Any]:
        """For the process that asked; it knows the names (`bench.calls`)."""
        return {
            "per_second": self.counted / (self.window.end - self.window.begin),
            "total": self.total,
            "effects": self.effects,
            "latencies": self.latencies.counts(),
            "failures": dict(self.failures),
            "durations_ms": self.durations_ms,
            "warm_calls": self.warm_calls,
        }
