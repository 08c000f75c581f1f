"""Sandbox time: forward only, and what is due happens at its moment."""

from stripe_sandbox.clock import SandboxClock, Scheduler


class RealTime:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_the_clock_follows_real_time_and_can_be_moved_forward_only() -> None:
    real = RealTime()
    clock = SandboxClock(real)
    clock.move_to(1_500)
    assert clock.seconds() == 1_500
    clock.move_to(1_200)
    assert clock.seconds() == 1_500
    real.now += 10
    assert clock.seconds() == 1_510
    real.now -= 100
    assert clock.seconds() == 1_510


def test_jobs_on_the_way_run_in_order_each_at_its_own_moment() -> None:
    clock = SandboxClock(RealTime())
    scheduler = Scheduler(clock)
    ran: list[tuple[str, int]] = []
    scheduler.at(1_300, lambda: ran.append(("late", clock.seconds())))
    scheduler.at(1_100, lambda: scheduler.at(1_200, lambda: ran.append(("inner", clock.seconds()))))
    scheduler.at(1_050, lambda: ran.append(("early", clock.seconds())))
    scheduler.at(9_000, lambda: ran.append(("never", clock.seconds())))
    assert scheduler.advance(500) == 4
    assert ran == [("early", 1_050), ("inner", 1_200), ("late", 1_300)]
    assert clock.seconds() == 1_500


def test_whoever_waits_is_told_of_an_earlier_moment_only() -> None:
    scheduler = Scheduler(SandboxClock(RealTime()))
    told: list[bool] = []
    scheduler.on_earlier = lambda: told.append(True)
    scheduler.at(2_000, lambda: None)
    scheduler.at(3_000, lambda: None)
    scheduler.at(1_500, lambda: None)
    assert len(told) == 2
    assert scheduler.next_in_s() == 500
