"""A worker's loop: at once again while there is work, else when its time comes or somebody knows of work."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from payments_service.application.lookout import Queue
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import REGISTRY
from payments_service.workers import loop as module
from payments_service.workers.lookout import lookout_loop
from payments_service.workers.loop import Loop

NEVER = 3_600.0
"""A pause that no test outlasts."""


class Rounds:
    """Rounds of a worker that do what they are told to, and can be waited for."""

    def __init__(self, *results: int | Exception) -> None:
        self._results = list(results)
        self.count = 0
        self._began = asyncio.Condition()

    async def run_once(self) -> int:
        self.count += 1
        async with self._began:
            self._began.notify_all()
        result = self._results.pop(0) if self._results else 0
        if isinstance(result, Exception):
            raise result
        return result

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(10), self._began:
            await self._began.wait_for(lambda: self.count >= count)


@asynccontextmanager
async def running(*loops: Loop) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield
    finally:
        for loop in loops:
            loop.stop()
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks)


async def settled() -> None:
    """Let everything run that can run without time going by."""
    for _ in range(50):
        await asyncio.sleep(0)


def rounds_of(worker: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("payments_worker_rounds_total", {"worker": worker, "outcome": outcome}) or 0.0


async def test_rounds_follow_at_once_while_there_is_work_and_then_there_is_a_pause() -> None:
    rounds = Rounds(3, 1)
    async with running(Loop("a", rounds.run_once, NEVER)):
        await rounds.reach(3)
        await settled()
        assert rounds.count == 3
    assert (rounds_of("a", "worked"), rounds_of("a", "idle")) == (2, 1)


async def test_after_the_pause_it_looks_again_without_being_told() -> None:
    rounds = Rounds()
    async with running(Loop("b", rounds.run_once, 0.001)):
        await rounds.reach(3)


async def test_who_is_woken_does_not_wait_for_the_end_of_the_pause() -> None:
    rounds = Rounds()
    loop = Loop("c", rounds.run_once, NEVER)
    async with running(loop):
        await rounds.reach(1)
        await settled()
        loop.wake()
        await rounds.reach(2)
        await settled()
        assert rounds.count == 2


async def test_who_is_woken_in_a_round_has_another_one() -> None:
    rounds = Rounds()
    loop = Loop("d", lambda: woken_by(loop, rounds), NEVER)
    async with running(loop):
        await rounds.reach(2)
        await settled()
        assert rounds.count == 2


async def woken_by(loop: Loop, rounds: Rounds) -> int:
    """A round in which there is news that it does not see any more: in the first of them."""
    if rounds.count == 0:
        loop.wake()
    return await rounds.run_once()


async def test_work_makes_work_for_those_who_follow_and_a_look_makes_none() -> None:
    first, second = Rounds(0, 5, 0), Rounds()
    leader, follower = Loop("e", first.run_once, NEVER), Loop("f", second.run_once, NEVER)
    leader.leads_to(follower)
    async with running(leader, follower):
        await first.reach(1)
        await second.reach(1)
        await settled()
        assert second.count == 1
        leader.wake()
        await first.reach(3)
        await second.reach(2)


async def test_what_comes_in_during_a_long_round_is_taken_by_the_loop_beside_it() -> None:
    beside = Rounds()
    let_go = asyncio.Event()

    async def long_round() -> int:
        await let_go.wait()
        return 0

    busy, other = Loop("m", long_round, NEVER), Loop("m", beside.run_once, NEVER)
    busy.works_beside(other)
    async with running(busy, other):
        await beside.reach(1)
        await settled()
        busy.wake()
        await beside.reach(2)
        await settled()
        assert beside.count == 2
        let_go.set()


@pytest.mark.parametrize("error", [ValueError("x"), PaymentsError(Reason.DATABASE_UNAVAILABLE, "away")])
async def test_an_error_ends_no_worker_and_is_not_met_again_before_a_pause(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_AFTER_ERROR_SECONDS", NEVER)
    failed = rounds_of("g", "failed")
    rounds = Rounds(error)
    loop = Loop("g", rounds.run_once, 0.001)
    async with running(loop):
        await rounds.reach(1)
        await settled()
        loop.wake()
        await settled()
        assert rounds.count == 1
    assert rounds_of("g", "failed") == failed + 1


async def test_after_an_error_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_AFTER_ERROR_SECONDS", 0.001)
    rounds = Rounds(ValueError("x"), ValueError("y"))
    async with running(Loop("h", rounds.run_once, NEVER)):
        await rounds.reach(3)


async def test_a_stop_waits_for_the_round_in_progress_and_for_no_pause() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    ended = False

    async def run_once() -> int:
        nonlocal ended
        begun.set()
        await may_end.wait()
        ended = True
        return 1

    loop = Loop("i", run_once, NEVER)
    task = asyncio.create_task(loop.run())
    await begun.wait()
    loop.stop()
    await settled()
    assert not task.done()
    may_end.set()
    async with asyncio.timeout(10):
        await task
    assert ended


class Seen:
    """A lookout that has seen something once."""

    def __init__(self, *queues: Queue) -> None:
        self._queues: Collection[Queue] = queues
        self.looked = asyncio.Event()

    async def waiting(self) -> Collection[Queue]:
        found, self._queues = self._queues, ()
        self.looked.set()
        return found


async def test_the_lookout_wakes_those_whose_queue_has_something_and_no_others() -> None:
    rounds = {queue: Rounds() for queue in Queue}
    workers = {queue: Loop(queue.value, rounds[queue].run_once, NEVER) for queue in Queue}
    lookout = Seen(Queue.STREAMS, Queue.HOLDS)
    async with running(*workers.values()):
        for one in rounds.values():
            await one.reach(1)
        await settled()
        async with running(lookout_loop(lookout, workers, NEVER)):
            await lookout.looked.wait()
            await settled()
    assert {queue: one.count for queue, one in rounds.items()} == {
        Queue.EVENTS: 1,
        Queue.STREAMS: 2,
        Queue.OPERATIONS: 1,
        Queue.HOLDS: 2,
    }
