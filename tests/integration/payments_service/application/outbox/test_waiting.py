"""Waiting for events: woken by the first one, in time before the deadline, and at nobody's expense."""

import asyncio
import time

import grpc
import pytest
from sqlalchemy.event import listen, remove

from payments_service.domain.outbox import EventType
from payments_service.observability.metrics import REGISTRY
from tests.integration.payments_service.application.house import failure
from tests.integration.payments_service.application.outbox.office import (
    FROM_NOW,
    LONGEST_WAIT,
    Office,
    Response,
    an_event,
    open_office,
    resources,
    until,
)

REFUND = EventType.REFUND_SUCCEEDED


async def finish(call: "grpc.aio.UnaryUnaryCall[object, Response]") -> Response:
    return await call


def waiters(office: Office, count: int) -> list[asyncio.Task[Response]]:
    return [asyncio.create_task(finish(office.call(wait=LONGEST_WAIT))) for _ in range(count)]


async def test_a_call_that_waits_is_woken_by_the_first_event(office: Office) -> None:
    [waiting] = waiters(office, 1)
    await until(lambda: office.waiting == 1)
    began = time.monotonic()

    await office.publish(an_event("pay_new"))

    assert resources(await waiting) == ["pay_new"]
    assert time.monotonic() - began < 10  # of 30 s that it would have waited


async def test_what_came_while_others_waited_is_not_waited_for(office: Office) -> None:
    others = asyncio.create_task(finish(office.call(types=[REFUND], wait=LONGEST_WAIT)))
    await until(lambda: office.waiting == 1)
    start = (await office.pull()).next_cursor
    await office.publish(an_event("pay_new"))
    await until(lambda: office.application._feed._through == 1)

    assert resources(await office.pull(cursor=start, wait=LONGEST_WAIT)) == ["pay_new"]
    others.cancel()


async def test_it_is_not_woken_by_what_does_not_concern_it_and_moves_past_that(office: Office) -> None:
    refunds = asyncio.create_task(finish(office.call(types=[REFUND], wait=LONGEST_WAIT)))
    anns = asyncio.create_task(finish(office.call(owner_ids=["ann"], wait=LONGEST_WAIT)))
    await until(lambda: office.waiting == 2)
    await office.publish(an_event("pay_1"), an_event("pay_2"))
    await until(lambda: office.application._feed._through == 2)
    assert not refunds.done()
    assert not anns.done()

    await office.publish(an_event("rfd_1", type=REFUND, owner_id="ann"))

    for waiting in (refunds, anns):
        reply = await waiting
        assert resources(reply) == ["rfd_1"]
        assert reply.next_cursor == reply.events[0].cursor


async def test_when_the_time_is_up_the_reply_is_empty_and_has_moved_past_what_did_not_match(office: Office) -> None:
    waiting = asyncio.create_task(finish(office.call(types=[REFUND], wait={"seconds": 1})))
    await until(lambda: office.waiting == 1)
    await office.publish(an_event("pay_1"))

    reply = await waiting

    assert (resources(reply), reply.has_more) == ([], False)
    assert resources(await office.pull(cursor=reply.next_cursor)) == []


async def test_a_deadline_before_the_end_of_the_wait_gives_an_empty_reply_and_no_error(office: Office) -> None:
    reply = await office.call(wait=LONGEST_WAIT, timeout=1)

    assert resources(reply) == []
    assert reply.next_cursor


async def test_a_deadline_too_close_to_wait_for_gives_the_reply_at_once(office: Office) -> None:
    assert resources(await office.call(wait=LONGEST_WAIT, timeout=0.4)) == []


async def test_a_page_is_not_larger_because_it_was_waited_for(office: Office) -> None:
    waiting = asyncio.create_task(finish(office.call(page_size=2, wait=LONGEST_WAIT)))
    await until(lambda: office.waiting == 1)
    await office.publish(an_event("pay_1"), an_event("pay_2"), an_event("pay_3"))

    reply = await waiting

    assert (resources(reply), reply.has_more) == (["pay_1", "pay_2"], True)
    assert resources(await office.pull(cursor=reply.next_cursor)) == ["pay_3"]


async def test_waiting_takes_no_place_among_the_calls_in_progress(database_url: str) -> None:
    async with open_office(database_url, grpc_concurrency_max=2) as office:
        waiting: list[asyncio.Task[Response]] = []
        for number in range(1, 11):  # one by one: on its way in, each takes a place for a moment
            waiting += waiters(office, 1)
            await until(lambda number=number: office.waiting == number)  # type: ignore[misc]  # mypy knows no default
        assert office.in_progress == 0

        await office.publish(an_event())

        assert [resources(reply) for reply in await asyncio.gather(*waiting)] == [["pay_1"]] * 10
        await until(lambda: office.in_progress == 0)


async def test_a_thousand_waits_need_no_more_connections_and_queries_than_one(database_url: str) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    async with open_office(database_url, database_pool_size=2) as office:
        waiting: list[asyncio.Task[Response]] = []
        for number in range(100, 1_001, 100):  # in waves: on their way in they do share two connections
            waiting += waiters(office, 100)
            await until(lambda number=number: office.waiting == number)  # type: ignore[misc]  # mypy knows no default
        assert REGISTRY.get_sample_value("payments_event_waiters") == 1_000
        await office.write(an_event())
        engine = office.core.engine.sync_engine
        listen(engine, "before_cursor_execute", count)
        await office.number()

        replies = await asyncio.gather(*waiting)
        remove(engine, "before_cursor_execute", count)

        assert {tuple(resources(reply)) for reply in replies} == {("pay_1",)}
        assert len({reply.next_cursor for reply in replies}) == 1
        assert statements < 200  # those of the sequencer, and of one poller while a thousand replies were sent


async def test_beyond_the_limit_nobody_else_may_wait_but_everybody_may_read(database_url: str) -> None:
    async with open_office(database_url, outbox_waiters_max=1) as office:
        [waiting] = waiters(office, 1)
        await until(lambda: office.waiting == 1)

        failed = await failure(office.call(wait=LONGEST_WAIT))
        assert (failed.code, failed.reason, failed.retry) == ("RESOURCE_EXHAUSTED", "OVERLOADED", True)
        assert resources(await office.pull()) == []

        await office.publish(an_event())
        assert resources(await waiting) == ["pay_1"]


async def test_a_canceled_call_leaves_nothing_behind(office: Office) -> None:
    calls = [office.call(wait=LONGEST_WAIT) for _ in range(3)]
    await until(lambda: office.waiting == 3)

    for call in calls:
        call.cancel()

    await until(lambda: office.waiting == 0)
    await until(lambda: office.application._feed._poller is None)
    await until(lambda: office.in_progress == 0)
    assert office.core.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the pool that engines use
    for call in calls:
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_nobody_polls_while_nobody_waits(office: Office) -> None:
    await office.pull(wait={"nanos": 50_000_000}, start=FROM_NOW)

    await until(lambda: office.application._feed._poller is None)


async def test_a_stopping_server_ends_every_wait_at_once_with_an_empty_reply(office: Office) -> None:
    waiting = waiters(office, 20)
    await until(lambda: office.waiting == 20)
    began = time.monotonic()

    await office.server.drain()

    replies = await asyncio.gather(*waiting)
    assert time.monotonic() - began < 10  # of the 20 s that a stop waits for calls in progress
    assert {(len(reply.events), reply.has_more, bool(reply.next_cursor)) for reply in replies} == {(0, False, True)}
