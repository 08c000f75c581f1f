"""A bucket a caller."""

import pytest

from payments_service.transport.interceptors import rate_limit
from payments_service.transport.interceptors.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_may_use_a_second_s_worth_at_once_and_then_waits() -> None:
    limit = RateLimit(4, Clock())
    assert [limit.take("shop") for _ in range(4)] == [0, 0, 0, 0]
    assert limit.take("shop") == 0.25


def test_the_bucket_fills_with_time_and_never_beyond_its_size() -> None:
    clock = Clock()
    limit = RateLimit(4, clock)
    for _ in range(4):
        limit.take("shop")
    clock.now += 0.25
    assert limit.take("shop") == 0
    assert limit.take("shop") > 0
    clock.now += 3_600
    assert [limit.take("shop") > 0 for _ in range(5)] == [False] * 4 + [True]


def test_callers_do_not_share_a_bucket() -> None:
    limit = RateLimit(1, Clock())
    assert limit.take("shop") == 0
    assert limit.take("shop") > 0
    assert limit.take("another") == 0


def test_memory_is_bounded_and_the_longest_idle_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "CALLERS_MAX", 2)
    limit = RateLimit(1, Clock())
    limit.take("first")
    limit.take("second")
    limit.take("first")
    limit.take("third")  # pushes out "second"
    assert limit.take("first") > 0
    assert limit.take("second") == 0
