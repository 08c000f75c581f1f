"""The sequencer: numbers without a gap, in the order of writing, by one at a time."""

import asyncio
import json
import random
from io import BytesIO

import psycopg
import pytest
from sqlalchemy import text

from payments_service.application.sequencing.sequencer import BATCH_MAX, Sequencer
from payments_service.bootstrap import build_loops
from payments_service.domain.ids import new_id
from payments_service.observability.logging import configure_logging
from payments_service.observability.metrics import REGISTRY
from payments_service.workers.sequencer import sequencer_loop
from tests.integration.payments_service.application.outbox.office import Office, an_event, names, resources, until

LOCK_HEAD = "SELECT last FROM sequence_heads WHERE stream = 'outbox' FOR UPDATE"


async def numbers(office: Office) -> dict[str, int]:
    """Numbers by resource, lowest first."""
    rows = await office.sql("SELECT resource_id, number FROM outbox ORDER BY number")
    return {row.resource_id: row.number for row in rows}


async def waiting(office: Office) -> int:
    """How many events have no number."""
    return int((await office.sql("SELECT count(*) FROM outbox_queue"))[0][0])


async def test_numbers_begin_at_one_and_have_no_gap(office: Office) -> None:
    await office.publish(*(an_event(name) for name in names(3)))
    await office.publish(an_event("pay_later"))

    assert await numbers(office) == {"pay_0": 1, "pay_1": 2, "pay_2": 3, "pay_later": 4}


async def test_what_is_rolled_back_gets_no_number_and_leaves_no_gap(office: Office) -> None:
    async with office.core.engine.connect() as connection:
        await connection.execute(
            text(
                "INSERT INTO outbox_queue (id, type, owner_id, resource_id, reference, state, livemode) "
                "VALUES (:id, 'payment.failed', '', 'pay_gone', '', 'FAILED', false)"
            ),
            {"id": new_id()},
        )
        assert await office.number() == 0
        await connection.rollback()
    await office.publish(an_event("pay_1"))

    assert await numbers(office) == {"pay_1": 1}


async def test_a_commit_that_comes_late_gets_a_later_number_than_what_was_read_before_it(office: Office) -> None:
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async def work(unit: object) -> None:
            await unit.outbox.add([an_event("pay_late")])  # type: ignore[attr-defined]
            written.set()
            await may_commit.wait()

        await office.core.transactions.run(work)

    writing = asyncio.create_task(late())
    await written.wait()
    await office.publish(an_event("pay_quick"))
    cursor = (await office.pull()).next_cursor
    may_commit.set()
    await writing
    await office.number()

    assert resources(await office.pull(cursor=cursor)) == ["pay_late"]


async def test_events_about_one_resource_keep_the_order_of_its_lock(office: Office) -> None:
    """Many writers take turns under one row's lock; ids are made before it, so they say nothing about the order."""
    order: list[str] = []
    chance = random.Random(7)

    async def write(number: int) -> None:
        event = an_event(f"pay_{number}")
        await asyncio.sleep(chance.random() / 50)

        async def work(unit: object) -> None:
            connection = unit._connection  # type: ignore[attr-defined]
            await connection.execute(text("SELECT 1 FROM stripe_accounts WHERE stripe_account = '' FOR UPDATE"))
            order.append(event.resource_id)
            await unit.outbox.add([event])  # type: ignore[attr-defined]

        await office.core.transactions.run(work)

    await asyncio.gather(*(write(number) for number in range(40)))
    assert await office.number() == 40

    assert order != sorted(order)
    assert list(await numbers(office)) == order


async def test_a_backlog_is_numbered_batch_by_batch(office: Office) -> None:
    events = [an_event(name) for name in names(BATCH_MAX + 1)]
    await office.write(*events)

    assert [await office.number() for _ in range(3)] == [BATCH_MAX, 1, 0]
    assert list(await numbers(office)) == list(names(BATCH_MAX + 1))


async def test_whoever_finds_the_stream_being_numbered_leaves_it_alone(office: Office) -> None:
    await office.write(an_event())
    async with office.core.engine.begin() as other:
        await other.execute(text(LOCK_HEAD))
        async with asyncio.timeout(5):
            assert await office.number() == 0
    assert await office.number() == 1


async def test_many_at_once_number_everything_exactly_once(office: Office) -> None:
    await office.write(*(an_event(name) for name in names(500)))

    done = await asyncio.gather(*(office.number() for _ in range(10)))

    assert sum(done) + await office.number() == 500
    assert list((await numbers(office)).values()) == list(range(1, 501))
    assert await waiting(office) == 0


async def test_a_sequencer_that_dies_in_the_middle_has_done_nothing_and_holds_up_nobody(
    office: Office, database_url: str
) -> None:
    await office.write(an_event())
    connection = psycopg.connect(database_url)
    connection.execute(LOCK_HEAD)
    assert await office.number() == 0

    connection.close()

    async with asyncio.timeout(10):
        while not await office.number():  # noqa: ASYNC110 - the server tells nobody when it lets go of a lock
            await asyncio.sleep(0.01)
    assert await numbers(office) == {"pay_1": 1}


async def test_the_worker_makes_events_readable_soon_after_their_commit(office: Office) -> None:
    loop = sequencer_loop(Sequencer(office.core.transactions), 0.02)
    running = asyncio.create_task(loop.run())
    cursor = (await office.pull()).next_cursor
    waiting_call = office.call(cursor=cursor, wait={"seconds": 30})
    await until(lambda: office.waiting == 1)
    try:
        await office.write(an_event("pay_new"))
        async with asyncio.timeout(10):
            assert resources(await waiting_call) == ["pay_new"]
    finally:
        loop.stop()
        await running


async def test_it_is_one_of_the_workers(office: Office) -> None:
    [loop] = [loop for loop in build_loops(office.core) if loop.name == "sequencer"]
    await office.write(an_event())

    assert await loop._run_once() == 1


async def test_a_round_that_did_something_is_counted_and_is_one_log_line(office: Office) -> None:
    logs = BytesIO()
    configure_logging("info", logs)
    name, labels = "payments_sequenced_total", {"stream": "outbox"}
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    await office.write(an_event("pay_1"), an_event("pay_2"))
    assert await waiting(office) == 2

    await office.number()
    age = REGISTRY.get_sample_value("payments_sequencer_oldest_seconds", labels)
    await office.number()

    [line] = [line for line in map(json.loads, logs.getvalue().splitlines()) if line["event"] == "sequencer.numbered"]
    assert (line["stream"], line["count"], line["last"]) == ("outbox", 2, 2)
    assert line["oldest_ms"] > 0
    assert (REGISTRY.get_sample_value(name, labels) or 0.0) - before == 2
    assert age is not None
    assert 0 < age < 60
    assert REGISTRY.get_sample_value("payments_sequencer_oldest_seconds", labels) == 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE outbox SET state = 'x'", "DELETE FROM outbox", "UPDATE outbox_queue SET state = 'x'"],
)
async def test_what_was_told_cannot_be_changed(office: Office, statement: str) -> None:
    with pytest.raises(Exception, match="permission denied"):
        await office.sql(statement)
