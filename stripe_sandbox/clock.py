"""Sandbox time: real time, which a test can move forward."""

import heapq
import itertools
import time
from collections.abc import Callable


class SandboxClock:
    """The time that every object, event and settlement in the sandbox goes by. It never goes back."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset_s = 0.0
        self._latest = 0.0

    def now(self) -> float:
        """Unix time in seconds."""
        self._latest = max(self._latest, self._source() + self._offset_s)
        return self._latest

    def seconds(self) -> int:
        """Unix time in whole seconds, as Stripe writes `created`."""
        return int(self.now())

    def reset(self) -> None:
        """Returns to real time. Only for a world that forgets everything else too."""
        self._offset_s = 0.0
        self._latest = 0.0

    @property
    def offset_s(self) -> float:
        """How far sandbox time is ahead of real time."""
        return self._offset_s

    def move_to(self, moment: float) -> None:
        """Moves forward to `moment`; a moment in the past changes nothing."""
        self._offset_s += max(0.0, moment - self.now())


Job = Callable[[], object]


class Scheduler:
    """What will happen at a later sandbox time: captures, settlements, expiries."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Job]] = []
        self._sequence = itertools.count()
        self.on_earlier: Callable[[], None] | None = None
        """Told when a job becomes the next one, so that whoever waits for the next moment can wait less."""

    def at(self, moment: float, job: Job) -> None:
        """Runs `job` once sandbox time has reached `moment`."""
        entry = (moment, next(self._sequence), job)
        heapq.heappush(self._heap, entry)
        if self._heap[0] is entry and self.on_earlier is not None:
            self.on_earlier()

    def clear(self) -> None:
        """Forgets everything that was still to happen."""
        self._heap.clear()

    def next_in_s(self) -> float | None:
        """Seconds until the next job is due (0 if it is overdue), or None if there is none."""
        return max(0.0, self._heap[0][0] - self._clock.now()) if self._heap else None

    def run_due(self) -> int:
        """Runs every job whose time has come, in order of time; returns how many ran."""
        ran = 0
        while self._heap and self._heap[0][0] <= self._clock.now():
            _, _, job = heapq.heappop(self._heap)
            job()
            ran += 1
        return ran

    def advance(self, seconds: float) -> int:
        """Moves the clock forward; each job on the way runs at its own moment. Returns how many ran."""
        target = self._clock.now() + seconds
        ran = self.run_due()
        while self._heap and self._heap[0][0] <= target:
            self._clock.move_to(self._heap[0][0])
            ran += self.run_due()
        self._clock.move_to(target)
        return ran
