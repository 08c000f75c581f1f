"""Reading and waiting meet without a gap between them."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from payments_service.application.caller import Principal
from payments_service.application.outbox.cursor import encode_cursor
from payments_service.application.outbox.feed import EventFeed
from payments_service.application.outbox.model import EventFilter, EventPage
from payments_service.application.outbox.pull import Pull, PullEvents
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.outbox import EventType
from tests.unit.payments_service.application.outbox.memory import INCARNATION, Memory

BACKEND = Principal("warehouse", frozenset())
REFUNDS = frozenset({EventType.REFUND_FAILED})


def asked(through: int = 0, types: frozenset[EventType] = frozenset(), limit: int = 100) -> Pull:
    return Pull(encode_cursor(INCARNATION, through), from_now=False, types=types, limit=limit)


class Desk:
    """A reader and its feed over an outbox in memory."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.feed = EventFeed(self.memory, 0.001, 100)
        self.pull = PullEvents(self.memory, self.feed)
        self.rests: list[str] = []

    @contextmanager
    def resting(self) -> Iterator[None]:
        self.rests.append("in")
        yield
        self.rests.append("out")

    async def __call__(self, pull: Pull, seconds: float = 30) -> EventPage:
        return await self.pull(BACKEND, pull, wait_until=time.monotonic() + seconds, resting=self.resting)


def numbers(page: EventPage) -> list[int]:
    return [event.number for event in page.events]


async def test_it_rests_only_while_it_waits() -> None:
    desk = Desk()
    desk.memory.publish()

    assert numbers(await desk(asked())) == [1]
    assert desk.rests == []
    assert numbers(await desk(asked(1), seconds=0.01)) == []
    assert desk.rests == ["in", "out"]


@pytest.mark.parametrize("seconds", [0, -5])
async def test_with_no_time_to_wait_it_does_not(seconds: float) -> None:
    desk = Desk()

    assert numbers(await desk(asked(), seconds=seconds)) == []
    assert desk.rests == []


async def test_what_the_feed_has_read_between_reading_and_waiting_is_read_again() -> None:
    """The feed moves on, for another caller, right after this one has looked."""
    desk = Desk()
    other = asyncio.create_task(desk.feed.wait(0, EventFilter(frozenset({"payout.paid"})), 30))
    await asyncio.sleep(0)

    def resting() -> nullcontext[None]:
        desk.memory.publish()
        desk.feed._tell(desk.memory.events)
        return nullcontext()

    page = await desk.pull(BACKEND, asked(), wait_until=time.monotonic() + 30, resting=resting)

    assert numbers(page) == [1]
    other.cancel()
    await desk.feed.ended()


async def test_a_feed_that_has_seen_what_the_database_has_lost_makes_nobody_spin() -> None:
    desk = Desk()
    desk.memory.publish()
    other = asyncio.create_task(desk.feed.wait(1, EventFilter(frozenset({"payout.paid"})), 30))
    await asyncio.sleep(0)
    desk.feed._through = 50
    before = desk.memory.reads

    page = await desk(asked(1))

    assert (numbers(page), page.through) == ([], 1)
    assert desk.memory.reads - before < 20
    other.cancel()
    await desk.feed.ended()


async def test_readers_of_a_stream_that_never_rests_miss_nothing() -> None:
    desk = Desk()

    async def follow(types: frozenset[EventType], limit: int) -> list[int]:
        found: list[int] = []
        through = 0
        while through < 300:
            page = await desk(asked(through, types, limit), seconds=0.01)
            found += numbers(page)
            through = page.through
        return found

    async def publish() -> None:
        for number in range(300):
            desk.memory.publish("refund.failed" if number % 3 == 0 else "payment.succeeded")
            await asyncio.sleep(0)

    every, few, refunds, _ = await asyncio.gather(
        follow(frozenset(), 100), follow(frozenset(), 2), follow(REFUNDS, 7), publish()
    )

    assert every == few == list(range(1, 301))
    assert refunds == list(range(1, 301, 3))
    await desk.feed.ended()


async def test_a_type_filter_does_not_skip_the_cut_off_part_of_a_page() -> None:
    desk = Desk()
    waiting = asyncio.create_task(desk(asked(types=REFUNDS, limit=1)))
    while not desk.feed._waiters:  # noqa: ASYNC110 - what it looks at tells nobody when it changes
        await asyncio.sleep(0)
    for event_type in ("refund.failed", "payment.succeeded", "refund.failed"):
        desk.memory.publish(event_type)

    first = await waiting
    second = await desk(asked(first.through, REFUNDS))

    assert (numbers(first), first.has_more) == ([1], True)
    assert numbers(second) == [3]
    await desk.feed.ended()


async def test_a_cursor_ahead_of_the_stream_is_refused() -> None:
    with pytest.raises(PaymentsError) as refused:
        await Desk()(asked(1))

    assert refused.value.reason is Reason.CURSOR_INVALID
