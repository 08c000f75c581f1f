"""Tallies: what is scraped of them is what prometheus_client's own counters and histograms would show."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from webhook_gateway.tallies import TallyCounter, TallyHistogram

BUCKETS = (0.5, 1.0, 10.0)

names = st.sampled_from(["platform", "connect", 'odd "\\\n'])
amounts = st.sampled_from([0.0, 0.49, 0.5, 0.51, 1, 10.0, 10.1, 1e9]) | st.floats(0, 1e12)


def shown(registry: CollectorRegistry) -> list[str]:
    """Returns a registry's exposition in both forms, but for when each child was made."""
    return [
        re.sub(r"^(\w+_created.*) \S+$", r"\1", page(registry).decode(), flags=re.MULTILINE)
        for page in (generate_latest, generate_openmetrics)
    ]


@given(st.lists(st.tuples(names, st.integers(0, 2), st.booleans())))
def test_a_counter_is_shown_as_the_librarys(counted: list[tuple[str, int, bool]]) -> None:
    tallies, library = CollectorRegistry(auto_describe=True), CollectorRegistry()
    ours = TallyCounter("x", "Of x.", ("endpoint", "index"), tallies)
    theirs = Counter("x", "Of x.", ("endpoint", "index"), registry=library)
    for endpoint, index, counts in counted:
        ours.labels(endpoint, index).value += counts
        theirs.labels(endpoint, index).inc(counts)
    assert shown(tallies) == shown(library)


@given(st.lists(st.tuples(names, amounts)))
@example([("platform", amount) for amount in BUCKETS])
def test_a_histogram_is_shown_as_the_librarys(observed: list[tuple[str, float]]) -> None:
    tallies, library = CollectorRegistry(auto_describe=True), CollectorRegistry()
    ours = TallyHistogram("x_seconds", "Of x.", ("endpoint",), tallies, buckets=BUCKETS)
    theirs = Histogram("x_seconds", "Of x.", ("endpoint",), buckets=BUCKETS, registry=library)
    for endpoint, amount in observed:
        ours.labels(endpoint).observe(amount)
        theirs.labels(endpoint).observe(amount)
    assert shown(tallies) == shown(library)


@given(st.lists(amounts))
def test_a_histogram_without_labels_is_shown_as_the_librarys(observed: list[float]) -> None:
    tallies, library = CollectorRegistry(auto_describe=True), CollectorRegistry()
    ours = TallyHistogram("x_seconds", "Of x.", (), tallies, buckets=BUCKETS).labels()
    theirs = Histogram("x_seconds", "Of x.", buckets=BUCKETS, registry=library)
    for amount in observed:
        ours.observe(amount)
        theirs.observe(amount)
    assert shown(tallies) == shown(library)


def test_it_is_shown_since_when_there_is_a_child() -> None:
    registry = CollectorRegistry(auto_describe=True)
    counter = TallyCounter("x", "Of x.", ("endpoint",), registry)
    counter.labels("platform").created = 7.0
    TallyHistogram("y", "Of y.", (), registry, buckets=BUCKETS).labels().created = 8.0
    assert registry.get_sample_value("x_created", {"endpoint": "platform"}) == 7.0
    assert registry.get_sample_value("y_created") == 8.0


def test_a_name_is_taken_once() -> None:
    registry = CollectorRegistry(auto_describe=True)
    TallyCounter("x", "Of x.", (), registry)
    for again in (lambda: TallyCounter("x", "Of x.", (), registry), lambda: Counter("x", "Of x.", registry=registry)):
        with pytest.raises(ValueError, match="Duplicated"):
            again()
