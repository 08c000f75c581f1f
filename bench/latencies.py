"""Durations of many calls in few numbers: counts in buckets that each are 2 % wider than the one before."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

_GROWTH = math.log(1.02)
_MICROSECOND = 1e-6


class Latencies:
    """A histogram that can be sent between processes and added up. What it gives back is exact to 2 %."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._counts = Counter(counts or {})

    def add(self, seconds: float) -> None:
        """Count one call; what is below a microsecond counts as one."""
        self._counts[int(math.log(max(seconds / _MICROSECOND, 1.0)) / _GROWTH)] += 1

    def counts(self) -> list[tuple[int, int]]:
        """Bucket and count, for another process."""
        return sorted(self._counts.items())

    @classmethod
    def merged(cls, parts: Iterable[Iterable[tuple[int, int]]]) -> "Latencies":
        """Those of several processes as one."""
        merged = cls()
        for part in parts:
            for bucket, count in part:
                merged._counts[bucket] += count
        return merged

    def quantile_ms(self, share: float) -> float:
        """The duration that this share of the calls did not exceed, in milliseconds; 0 when there was no call."""
        remaining = math.ceil(share * self._counts.total())
        for bucket, count in self.counts():
            remaining -= count
            if remaining <= 0:
                # The middle of the bucket.
                return math.exp((bucket + 0.5) * _GROWTH) * _MICROSECOND * 1000
        return 0.0
