"""What counts, by a clock that the test moves."""

import pytest

from bench.latencies import Latencies
from bench.load import tally as module
from bench.load.tally import Tally, Window


class Clock:
    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


async def test_only_the_part_of_a_call_that_is_within_the_window_counts(clock: Clock) -> None:
    tally = Tally(Window(begin=10.0, end=20.0), in_progress=4)
    for began, ended in ((1.0, 5.0), (9.0, 11.0), (12.0, 14.0), (19.0, 23.0)):
        clock.now = ended
        tally.ended(began, "", effects=1)
    # None of the first, half of the second, all of the third, a quarter of the last.
    assert tally.result()["per_second"] == pytest.approx(1.75 / 10)
    assert (tally.total, tally.effects) == (4, 4)
    assert Latencies.merged([tally.result()["latencies"]]).quantile_ms(1.0) == pytest.approx(4_000, rel=0.02)


async def test_the_next_call_begins_until_the_window_ends(clock: Clock) -> None:
    tally = Tally(Window(begin=0.0, end=10.0), in_progress=1)
    clock.now = 9.0
    assert tally.ended(8.0, "", effects=0) == 9.0
    clock.now = 10.0
    assert tally.ended(9.0, "", effects=0) is None
    await tally.finished()


async def test_a_caller_whose_call_failed_makes_no_more(clock: Clock) -> None:
    tally = Tally(Window(begin=0.0, end=10.0), in_progress=2)
    clock.now = 1.0
    assert tally.ended(0.0, "status 14: away", effects=0) is None
    assert tally.result()["failures"] == {"status 14: away": 1}
    assert (tally.total, tally.in_progress) == (0, 1)


async def test_a_single_caller_s_calls_are_told_one_by_one(clock: Clock) -> None:
    tally = Tally(Window(begin=2.0, end=10.0), in_progress=1)
    for began, ended in ((0.0, 1.0), (1.0, 3.0)):
        clock.now = ended
        tally.ended(began, "", effects=0)
    assert (tally.durations_ms, tally.warm_calls) == ([1_000.0, 2_000.0], 1)
