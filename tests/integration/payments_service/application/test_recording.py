"""Recording Stripe's events in groups, against a real Postgres: each once, and none because of or despite another."""

import asyncio
from typing import Any

import pytest
from payments_api.internal.v1 import stripe_event_pb2
from payments_api.internal.v1 import stripe_event_service_pb2 as pb
from payments_api.v1 import error_reason_pb2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.background import Background
from payments_service.application.events.model import StripeEvent
from payments_service.application.events.record import Recorded, RecordEvents, RecordingLimits
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import new_id
from payments_service.storage.inbox_recording import EventRecordingRepository
from tests.integration.payments_service.application.house import House, failure

SAMPLE = StripeEvent(
    id=new_id(),
    event_id="evt_1",
    type="charge.succeeded",
    category="PAYMENT",
    stripe_account="",
    livemode=False,
    create_time=None,
    api_version="2026-10-28.endive",
    object_type="charge",
    object_id="ch_1",
    related_ids={"payment_intent": "pi_1"},
    endpoint="PLATFORM",
    secret_index=0,
    request_id="req_1",
    body=b'{"exact":  "bytes"}\n',
)


def event(event_id: str, **changes: Any) -> StripeEvent:
    return SAMPLE._replace(id=new_id(), event_id=event_id, **changes)


class Inbox:
    """The use case on a database of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.background = Background()
        self.store = EventRecordingRepository(engine)

    def recorder(self, **limits: float) -> RecordEvents:
        return RecordEvents(self.store, self.background, livemode=False, limits=RecordingLimits(**limits))  # type: ignore[arg-type]

    async def sql(self, statement: str) -> list[Any]:
        async with self.engine.begin() as connection:
            return list((await connection.execute(text(statement))).all())

    async def count(self) -> int:
        ((number,),) = await self.sql("SELECT count(*) FROM stripe_events")
        return int(number)

    async def commits(self) -> int:
        """Transactions that wrote events."""
        ((number,),) = await self.sql("SELECT count(DISTINCT xmin::text) FROM stripe_events")
        return int(number)


@pytest.fixture
def inbox(engine: AsyncEngine) -> Inbox:
    return Inbox(engine)


async def test_a_group_is_stored_with_one_commit_and_each_is_told_apart(inbox: Inbox) -> None:
    record = inbox.recorder()
    await record.one(event("evt_old"))
    group = [event("evt_b"), event("evt_old"), event("evt_a"), event("evt_b"), event("evt_live", livemode=True)]

    results = await record.many(group)

    assert results == [
        Recorded.NEW,
        Recorded.DUPLICATE,
        Recorded.NEW,
        Recorded.DUPLICATE,
        Recorded.REFUSED,
    ]
    assert await inbox.commits() == 2
    rows = await inbox.sql("SELECT event_id, state FROM stripe_events ORDER BY event_id")
    assert [tuple(row) for row in rows] == [
        ("evt_a", "PENDING"),
        ("evt_b", "PENDING"),
        ("evt_live", "REFUSED"),
        ("evt_old", "PENDING"),
    ]


async def test_every_field_is_kept(inbox: Inbox) -> None:
    await inbox.recorder().many([SAMPLE])

    (row,) = await inbox.sql("SELECT * FROM stripe_events")
    kept = {name: row._mapping[name] for name in SAMPLE._fields}
    assert kept == {name: getattr(SAMPLE, name) for name in SAMPLE._fields}


async def test_calls_that_come_together_share_commits(inbox: Inbox) -> None:
    record = inbox.recorder()

    results = await asyncio.gather(*(record.one(event(f"evt_{number}")) for number in range(100)))

    assert results == [False] * 100
    assert await inbox.count() == 100
    assert await inbox.commits() <= 4


async def test_groups_that_overlap_in_every_order_do_not_deadlock(inbox: Inbox) -> None:
    names = [f"evt_{number:02}" for number in range(40)]
    record, other = inbox.recorder(commits_max=4, events_max=40), inbox.recorder(commits_max=4, events_max=40)
    orders = [names[shift:] + names[:shift] for shift in range(0, 40, 5)] + [names[::-1]]

    results = await asyncio.gather(
        *(each.many([event(name) for name in order]) for order in orders for each in (record, other))
    )

    new = [result for group in results for result in group if result is Recorded.NEW]
    assert len(new) == await inbox.count() == 40
    ((deadlocks,),) = await inbox.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == 0


async def test_a_bad_event_does_not_fail_its_neighbours(inbox: Inbox) -> None:
    """The handler lets no such text through; whatever else the database may refuse one day behaves like it."""
    group = [event(f"evt_{number}") for number in range(9)]
    group[5] = event("evt_5", object_id="a\x00b")

    results = await inbox.recorder().many(group)

    assert [result is Recorded.NEW for result in results] == [number != 5 for number in range(9)]
    assert isinstance(results[5], Exception)
    assert await inbox.count() == 8


async def test_an_outage_fails_the_call(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: object) -> None:
        raise PaymentsError(Reason.DATABASE_UNAVAILABLE, "the database cannot be reached")

    monkeypatch.setattr(inbox.store, "add", away)
    with pytest.raises(PaymentsError) as failed:
        await inbox.recorder().many([event("evt_1"), event("evt_2")])
    assert failed.value.reason is Reason.DATABASE_UNAVAILABLE


async def test_a_call_that_is_given_up_leaves_the_others_alone(inbox: Inbox) -> None:
    record = inbox.recorder(commits_max=1)
    calls = [asyncio.create_task(record.one(event(f"evt_{number}"))) for number in range(10)]
    await asyncio.sleep(0)
    calls[0].cancel()
    calls[7].cancel()

    results = await asyncio.gather(*calls, return_exceptions=True)

    assert [result for result in results if not isinstance(result, asyncio.CancelledError)] == [False] * 8
    assert await inbox.background.drain(10) == 0
    assert await inbox.count() >= 8


async def test_what_waits_is_bounded(inbox: Inbox) -> None:
    record = inbox.recorder(waiting_bytes_max=1000)
    calls = [asyncio.create_task(record.one(event(f"evt_{number}", body=b"x" * 400))) for number in range(4)]

    results = await asyncio.gather(*calls, return_exceptions=True)

    refused = [result for result in results if isinstance(result, PaymentsError)]
    assert {error.reason for error in refused} == {Reason.OVERLOADED}
    assert await inbox.count() == 4 - len(refused) == 2


async def test_the_rpc_says_of_each_event_what_became_of_it(house: House) -> None:
    def item(event_id: str, body: bytes = b"{}", **changes: Any) -> pb.RecordEventsItem:
        values: dict[str, Any] = {"event_id": event_id, "endpoint": stripe_event_pb2.STRIPE_ENDPOINT_PLATFORM}
        return pb.RecordEventsItem(
            envelope=stripe_event_pb2.StripeEventEnvelope(**(values | changes)), body=body, request_id=f"for_{event_id}"
        )

    items = [
        item("evt_1"),
        item("evt_1"),
        item("evt_no_body", b""),
        item("evt_nul", object_id="a\x00b"),
        item("evt_no_endpoint", endpoint=stripe_event_pb2.STRIPE_ENDPOINT_UNSPECIFIED),
        item("evt_time", create_time={"seconds": 1 << 60}),
        item("evt_2"),
    ]
    reply = await house.events.RecordEvents(pb.RecordEventsRequest(items=items), metadata=house.metadata)

    failed = pb.EVENT_RECORDING_FAILED
    new, again = pb.EVENT_RECORDING_RECORDED, pb.EVENT_RECORDING_DUPLICATE
    assert [result.recording for result in reply.results] == [new, again, *[failed] * 4, new]
    assert {result.reason for result in reply.results[2:6]} == {error_reason_pb2.ERROR_REASON_REQUEST_INVALID}
    assert [result.message.partition(":")[0] for result in reply.results[2:6]] == [
        "body",
        "envelope.object_id",
        "envelope.endpoint",
        "envelope.create_time",
    ]
    rows = await house.sql("SELECT event_id, request_id FROM stripe_events ORDER BY event_id")
    assert [tuple(row) for row in rows] == [("evt_1", "for_evt_1"), ("evt_2", "for_evt_2")]
    for size in (0, 65):
        request = pb.RecordEventsRequest(items=[item("evt_3")] * size)
        refused = await failure(house.events.RecordEvents(request, metadata=house.metadata))
        assert "items must be 1 to 64" in refused.message


async def test_a_stream_says_the_same_group_after_group(house: House) -> None:
    def group(*event_ids: str) -> pb.RecordEventGroupsRequest:
        endpoint = stripe_event_pb2.STRIPE_ENDPOINT_PLATFORM
        envelopes = [stripe_event_pb2.StripeEventEnvelope(event_id=one, endpoint=endpoint) for one in event_ids]
        return pb.RecordEventGroupsRequest(
            items=[pb.RecordEventsItem(envelope=one, body=b"{}" if one.event_id else b"") for one in envelopes]
        )

    new, again, failed = pb.EVENT_RECORDING_RECORDED, pb.EVENT_RECORDING_DUPLICATE, pb.EVENT_RECORDING_FAILED
    stream = house.events.RecordEventGroups(metadata=house.metadata)
    for asked, expected in (
        (group("evt_1", "evt_2"), [new, new]),
        (group("evt_2", "", "evt_3"), [again, failed, new]),
        (group("evt_3"), [again]),
    ):
        await stream.write(asked)
        reply = await stream.read()
        assert isinstance(reply, pb.RecordEventGroupsResponse)
        assert [result.recording for result in reply.results] == expected
    stream.cancel()
    assert [row[0] for row in await house.sql("SELECT event_id FROM stripe_events ORDER BY event_id")] == [
        "evt_1",
        "evt_2",
        "evt_3",
    ]
