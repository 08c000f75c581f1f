"""A circuit breaker: stop asking a host that does not answer, and ask again now and then."""

import time
from collections.abc import Callable

FAILURES_MAX = 5
"""Failures in a row after which the circuit opens."""

OPEN_SECONDS = 2.0
"""How long it stays open before one call may try again."""


class CircuitBreaker:
    """Counts failures to reach one host in a row (Nygard, Release It!, 2nd ed., chapter 5).

    Only failures to reach the host count: an answer, even a 500, shows that somebody is there.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now. Once the circuit has been open long enough, one call at a time may try."""
        now = self._clock()
        if self._failures < FAILURES_MAX:
            return True
        if now < self._open_until:
            return False
        self._open_until = now + OPEN_SECONDS
        return True

    def retry_after_ms(self) -> int:
        """When it is worth asking again."""
        return max(100, int((self._open_until - self._clock()) * 1000))

    def succeeded(self) -> None:
        """The host answered."""
        self._failures = 0

    def failed(self) -> None:
        """The host could not be reached."""
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            self._open_until = self._clock() + OPEN_SECONDS
