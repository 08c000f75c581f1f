"""The feed gives each waiter what concerns it, from where it stands, and never anything twice."""

import asyncio
from collections.abc import Callable

import pytest

from payments_service.application.outbox.feed import BATCH_MAX, EventFeed, News
from payments_service.application.outbox.model import EventFilter
from payments_service.domain.errors import PaymentsError, Reason
from tests.unit.payments_service.application.outbox.memory import Memory

ALL = EventFilter()
REFUNDS = EventFilter(frozenset({"refund.failed"}))
BOBS = EventFilter(owner_ids=frozenset({"bob"}))
LONG = 30.0


def a_feed(memory: Memory, waiters_max: int = 10_000) -> EventFeed:
    return EventFeed(memory, 0.001, waiters_max)


def waiter(feed: EventFeed, through: int = 0, which: EventFilter = ALL, seconds: float = LONG) -> asyncio.Task[News]:
    return asyncio.create_task(feed.wait(through, which, seconds))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it looks at tells nobody when it changes
            await asyncio.sleep(0)


def numbers(news: News) -> list[int]:
    return [event.number for event in news.events]


async def test_everybody_gets_what_concerns_them_with_one_read() -> None:
    memory = Memory()
    feed = a_feed(memory)
    waiting = [waiter(feed, which=which) for which in (ALL, ALL, REFUNDS, BOBS)]
    await until(lambda: memory.reads > 0)
    memory.publish()
    memory.publish("refund.failed")
    memory.publish(owner_id="bob")
    before = memory.reads

    found = await asyncio.gather(*waiting)

    assert [numbers(news) for news in found] == [[1, 2, 3], [1, 2, 3], [2], [3]]
    assert {news.through for news in found} == {3}
    assert memory.reads - before <= 2
    await feed.ended()


async def test_a_waiter_that_stands_further_on_gets_only_what_is_new_to_it() -> None:
    memory = Memory()
    behind_feed = waiter(feed := a_feed(memory), which=REFUNDS)
    await until(lambda: memory.reads > 0)
    memory.publish()
    memory.publish()
    ahead = waiter(feed, through=2)
    await until(lambda: feed._through == 2)
    assert not ahead.done()

    memory.publish("refund.failed")

    assert [numbers(await task) for task in (ahead, behind_feed)] == [[3], [3]]
    await feed.ended()


async def test_whoever_stands_behind_it_is_to_read_for_itself() -> None:
    memory = Memory()
    feed = a_feed(memory)
    memory.publish()
    assert not feed.is_ahead_of(0)  # nobody waits, so it is nowhere
    waiting = waiter(feed, which=REFUNDS)
    await until(lambda: feed._through == 1)

    assert feed.is_ahead_of(0)
    assert not feed.is_ahead_of(1)

    waiting.cancel()
    await feed.ended()
    assert not feed.is_ahead_of(0)


async def test_it_begins_where_the_first_waiter_stands_also_when_that_is_further_back() -> None:
    memory = Memory()
    feed = a_feed(memory)
    memory.publish()
    memory.publish()
    assert numbers(await waiter(feed, through=1)) == [2]
    await feed.ended()

    assert numbers(await waiter(feed, through=0)) == [1, 2]
    await feed.ended()


async def test_a_wait_that_ends_has_moved_past_what_did_not_match() -> None:
    memory = Memory()
    feed = a_feed(memory)
    waiting = waiter(feed, which=REFUNDS, seconds=0.05)
    await until(lambda: memory.reads > 0)
    memory.publish()

    news = await waiting

    assert (numbers(news), news.through) == ([], 1)
    await feed.ended()


async def test_an_event_that_comes_as_the_time_runs_out_is_not_lost() -> None:
    """Whatever wins the race: either the event is in the news, or the reader goes on before it."""
    for turns in range(50):
        memory = Memory()
        feed = a_feed(memory)
        waiting = waiter(feed, seconds=0.0005)
        for _ in range(turns):
            await asyncio.sleep(0)
        memory.publish()

        news = await waiting

        assert (numbers(news), news.through) in [([1], 1), ([], 0)]
        await feed.ended()


async def test_a_burst_larger_than_a_batch_comes_without_a_gap() -> None:
    memory = Memory()
    feed = a_feed(memory)
    waiting = waiter(feed, which=REFUNDS)
    await until(lambda: memory.reads > 0)
    for _ in range(2 * BATCH_MAX):
        memory.publish()
    memory.publish("refund.failed")

    news = await waiting

    assert (numbers(news), news.through) == ([2 * BATCH_MAX + 1], 2 * BATCH_MAX + 1)
    await feed.ended()


async def test_what_stops_the_reading_is_told_to_all_and_the_next_wait_starts_afresh() -> None:
    memory = Memory()
    feed = a_feed(memory)
    waiting = [waiter(feed) for _ in range(3)]
    await until(lambda: memory.reads > 0)
    memory.error = PaymentsError(Reason.DATABASE_UNAVAILABLE, "the database cannot be reached")

    for task in waiting:
        with pytest.raises(PaymentsError) as failed:
            await task
        assert failed.value.reason is Reason.DATABASE_UNAVAILABLE
    await feed.ended()

    memory.error = None
    memory.publish()
    assert numbers(await waiter(feed)) == [1]
    await feed.ended()


async def test_closing_ends_every_wait_at_once_and_lets_nobody_in() -> None:
    memory = Memory()
    feed = a_feed(memory)
    waiting = [waiter(feed, through=3) for _ in range(3)]
    await until(lambda: memory.reads > 0)

    feed.close()
    feed.close()

    assert [await task for task in waiting] == [News((), 3)] * 3
    assert await feed.wait(5, ALL, LONG) == News((), 5)
    await feed.ended()
    assert feed._poller is None


async def test_the_limit_of_waiters_is_kept_and_a_place_that_gets_free_can_be_taken() -> None:
    feed = a_feed(Memory(), waiters_max=2)
    waiting = [waiter(feed) for _ in range(2)]
    await until(lambda: len(feed._waiters) == 2)

    with pytest.raises(PaymentsError) as refused:
        await feed.wait(0, ALL, LONG)
    assert (refused.value.reason, bool(refused.value.retry_after_ms)) == (Reason.OVERLOADED, True)

    waiting[0].cancel()
    await until(lambda: len(feed._waiters) == 1)
    assert await feed.wait(0, ALL, 0) == News((), 0)
    waiting[1].cancel()
    await feed.ended()


async def test_when_nobody_waits_any_more_the_poller_ends() -> None:
    memory = Memory()
    feed = a_feed(memory)
    waiting = [waiter(feed) for _ in range(3)]
    await until(lambda: memory.reads > 0)

    for task in waiting:
        task.cancel()

    await until(lambda: feed._poller is None)
    assert feed._waiters == set()
