import random

import pytest

from bench.latencies import Latencies


def test_quantiles_are_exact_to_two_percent() -> None:
    choice = random.Random(1)
    seconds = sorted(choice.lognormvariate(-6, 2) for _ in range(5_000))
    latencies = Latencies()
    for each in seconds:
        latencies.add(each)
    for share in (0.5, 0.9, 0.99, 1.0):
        exact_ms = seconds[round(share * len(seconds)) - 1] * 1000
        assert latencies.quantile_ms(share) == pytest.approx(exact_ms, rel=0.02)


def test_those_of_several_processes_add_up() -> None:
    fast, slow = Latencies(), Latencies()
    for _ in range(3):
        fast.add(0.001)
    slow.add(1.0)
    merged = Latencies.merged([fast.counts(), slow.counts()])
    assert merged.quantile_ms(0.75) == pytest.approx(1, rel=0.02)
    assert merged.quantile_ms(0.76) == pytest.approx(1_000, rel=0.02)


def test_without_calls_there_is_no_duration() -> None:
    assert Latencies().quantile_ms(0.5) == 0.0


def test_what_is_too_short_to_be_told_counts_as_a_microsecond() -> None:
    latencies = Latencies()
    latencies.add(0.0)
    assert latencies.quantile_ms(0.5) == pytest.approx(0.001, rel=0.02)
