"""Counters and histograms that are plain numbers until they are scraped, for what is counted with every delivery.

prometheus_client's own go through several calls and a lock to each number, a tenth of the gateway's work. Here all is
counted by one thread, the event loop's. What is scraped is the same.
"""

import time
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import INF, floatToGoString


class Count:
    """One number of a counter, to be added to."""

    __slots__ = ("created", "value")

    def __init__(self) -> None:
        self.value = 0
        self.created = time.time()


class Distribution:
    """One set of a histogram's buckets.

    Args:
        bounds: Their upper bounds, in order.
    """

    __slots__ = ("bounds", "counts", "created", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * len(bounds)
        self.total = 0.0
        self.created = time.time()

    def observe(self, amount: float) -> None:
        """Counts an amount in the first bucket whose bound it does not exceed."""
        self.counts[bisect_left(self.bounds, amount)] += 1
        self.total += amount


_Child = TypeVar("_Child")


class _Tallies(Collector, Generic[_Child]):
    """A metric, with a child for each set of its labels' values.

    Args:
        name: Of the metric.
        documentation: What it is about.
        labels: Names of its labels.
        registry: Where it is shown; asks for its name by itself (`auto_describe`).
    """

    def __init__(self, name: str, documentation: str, labels: tuple[str, ...], registry: CollectorRegistry) -> None:
        self._about = (name, documentation)
        self._labels = labels
        self._children: dict[tuple[str, ...], _Child] = {}
        registry.register(self)

    def labels(self, *values: object) -> _Child:
        """Returns the child with these values; it is shown from now on."""
        return self._children.setdefault(tuple(str(value) for value in values), self._child())

    @abstractmethod
    def _child(self) -> _Child: ...


class TallyCounter(_Tallies[Count]):
    """A counter."""

    def _child(self) -> Count:
        return Count()

    def collect(self) -> Iterable[Metric]:
        """Returns what is scraped."""
        family = CounterMetricFamily(*self._about, labels=self._labels)
        for values, child in self._children.items():
            family.add_metric(values, child.value, child.created)
        return [family]


class TallyHistogram(_Tallies[Distribution]):
    """A histogram.

    Args:
        buckets: Upper bounds in order, but for infinity.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: tuple[str, ...],
        registry: CollectorRegistry,
        *,
        buckets: tuple[float, ...],
    ) -> None:
        self._bounds = (*buckets, INF)
        super().__init__(name, documentation, labels, registry)

    def _child(self) -> Distribution:
        return Distribution(self._bounds)

    def collect(self) -> Iterable[Metric]:
        """Returns what is scraped."""
        family = HistogramMetricFamily(*self._about, labels=self._labels)
        names = [floatToGoString(bound) for bound in self._bounds]  # type: ignore[no-untyped-call]  # it has no types
        for values, child in self._children.items():
            family.add_metric(values, list(zip(names, accumulate(child.counts), strict=True)), child.total)
            family.add_sample(f"{family.name}_created", dict(zip(self._labels, values, strict=True)), child.created)
        return [family]
