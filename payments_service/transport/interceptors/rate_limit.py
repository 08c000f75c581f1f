"""Limits how many calls a second one caller may make: a token bucket a subject, in each process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import RPC_REFUSED
from payments_service.transport.call import Call
from payments_service.transport.chain import Next

CALLERS_MAX = 10_000
"""Buckets kept. Past that the one idle for longest goes, and its caller starts with a full one again."""


class RateLimit:
    """A bucket a caller that holds one second's worth of calls and fills at the same rate."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # subject: (calls left, as of)

    async def __call__(self, call: Call, request: bytes, following: Next) -> bytes:
        """Take one call from the caller's bucket.

        Raises:
            PaymentsError: RATE_LIMITED, with the time until the next call fits.
        """
        wait_seconds = self.take(call.principal.subject)
        if wait_seconds > 0:
            RPC_REFUSED.labels(Reason.RATE_LIMITED.name).inc()
            raise PaymentsError(
                Reason.RATE_LIMITED,
                f"more than {self._per_second} calls a second: slow down",
                retry_after_ms=max(1, math.ceil(wait_seconds * 1000)),
            )
        return await following(call, request)

    def take(self, subject: str) -> float:
        """Take one call; 0 when there was one, else the seconds until there is."""
        now = self._clock()
        left, since = self._buckets.pop(subject, (float(self._per_second), now))
        left = min(float(self._per_second), left + (now - since) * self._per_second)
        allowed = left >= 1
        self._buckets[subject] = (left - 1 if allowed else left, now)
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
