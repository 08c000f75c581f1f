"""Reading by cursor: in order, page by page, only what was asked for and may be seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from payments_api.v1 import event_service_pb2
from sqlalchemy.event import listen, remove

from payments_service.application.outbox.cursor import decode_cursor, encode_cursor
from payments_service.application.outbox.pull import SCAN_MAX
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.outbox import EventType
from tests.integration.payments_service.application.house import failure
from tests.integration.payments_service.application.outbox.office import FROM_NOW, Office, an_event, names, resources

FILL = """
INSERT INTO outbox (number, create_time, id, type, owner_id, resource_id, reference, state, livemode)
SELECT number, clock_timestamp(), gen_random_uuid(), 'payment.processing', 'user_' || number % 7, 'pay_' || number, '',
       'PROCESSING', false
FROM generate_series(1, :count) AS number
"""


async def fill(office: Office, count: int) -> None:
    """So many numbered events, none of which is of `user_rare` or a refund."""
    await office.sql(FILL, count=count)
    await office.sql("UPDATE sequence_heads SET last = :count WHERE stream = 'outbox'", count=count)


async def test_an_event_says_what_happened_and_when(office: Office) -> None:
    event = an_event("pay_7", owner_id="user_7", reference="order_7", livemode=True)
    await office.publish(event)

    [found] = (await office.pull()).events

    assert found.id == format_id(Prefix.OUTBOX_EVENT, event.id)
    assert (found.type, found.state) == ("payment.succeeded", "SUCCEEDED")
    assert (found.resource_id, found.owner_id, found.reference) == ("pay_7", "user_7", "order_7")
    assert found.livemode
    assert abs(found.create_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_events_come_in_the_order_in_which_they_were_written(office: Office) -> None:
    await office.write(*(an_event(name) for name in names(3)))
    await office.write(an_event("pay_last"))
    await office.number()

    reply = await office.pull()

    assert resources(reply) == [*names(3), "pay_last"]
    assert not reply.has_more


async def test_an_event_is_read_only_after_it_was_numbered(office: Office) -> None:
    await office.write(an_event())
    before = await office.pull()
    await office.number()

    assert resources(before) == []
    assert resources(await office.pull(cursor=before.next_cursor)) == ["pay_1"]


async def test_every_cursor_goes_on_right_behind_its_event(office: Office) -> None:
    await office.publish(*(an_event(name) for name in names(5)))
    whole = await office.pull()

    for index, event in enumerate(whole.events):
        assert resources(await office.pull(cursor=event.cursor)) == list(names(5))[index + 1 :]
    assert whole.next_cursor == whole.events[-1].cursor


async def test_pages_follow_each_other_without_overlap_and_say_whether_there_is_more(office: Office) -> None:
    await office.publish(*(an_event(name) for name in names(5)))
    seen: list[str] = []
    cursor, more = "", []
    for _ in range(3):
        reply = await office.pull(cursor=cursor, page_size=2)
        seen += resources(reply)
        cursor = reply.next_cursor
        more.append(reply.has_more)

    assert seen == list(names(5))
    assert more == [True, True, False]


async def test_a_page_has_100_events_unless_asked_for_others_and_never_more_than_1000(office: Office) -> None:
    await fill(office, 1_200)

    assert [len((await office.pull(page_size=size)).events) for size in (0, 999, 2_000)] == [100, 999, 1000]


async def test_from_now_leaves_out_what_there_was(office: Office) -> None:
    await office.publish(an_event("pay_old"))
    start = await office.pull(start=FROM_NOW)
    await office.publish(an_event("pay_new"))

    assert resources(start) == []
    assert not start.has_more
    assert resources(await office.pull(cursor=start.next_cursor, start=FROM_NOW)) == ["pay_new"]
    for start_value in (event_service_pb2.EVENT_START_UNSPECIFIED, event_service_pb2.EVENT_START_FROM_BEGINNING):
        assert resources(await office.pull(start=start_value)) == ["pay_old", "pay_new"]


async def test_an_empty_outbox_has_a_cursor_to_begin_with(office: Office) -> None:
    empty = await office.pull()
    await office.publish(an_event())

    assert empty.next_cursor
    assert resources(await office.pull(cursor=empty.next_cursor)) == ["pay_1"]


async def test_only_the_types_that_were_asked_for_come(office: Office) -> None:
    await office.publish(
        an_event("pay_1"),
        an_event("rfd_1", type=EventType.REFUND_PENDING),
        an_event("rfd_2", type=EventType.REFUND_FAILED),
        an_event("pay_2"),
    )

    reply = await office.pull(types=["refund.pending", "refund.failed"])

    assert resources(reply) == ["rfd_1", "rfd_2"]
    assert resources(await office.pull(cursor=reply.next_cursor)) == []  # it has moved past pay_2


async def test_a_type_that_is_unknown_is_refused_by_name(office: Office) -> None:
    failed = await failure(office.call(types=["payment.succeeded", "payment.suceeded"]))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert failed.fields == {"types[1]": "'payment.suceeded' is unknown here: use payment.succeeded"}


async def test_for_a_type_that_resembles_none_all_of_them_are_named(office: Office) -> None:
    failed = await failure(office.call(types=["x" * 1000]))

    assert failed.reason == "REQUEST_INVALID"
    for event_type in EventType:
        assert event_type in failed.fields["types[0]"]


async def test_a_type_of_a_newer_version_is_handed_on_as_it_is(office: Office) -> None:
    await office.publish(an_event())
    await office.sql(
        "INSERT INTO outbox (number, type, create_time, id, owner_id, resource_id, reference, state, livemode) "
        "SELECT 2, 'payout.teleported', create_time, id, owner_id, resource_id, reference, state, livemode FROM outbox"
    )
    await office.sql("UPDATE sequence_heads SET last = 2")

    assert [event.type for event in (await office.pull()).events] == ["payment.succeeded", "payout.teleported"]


async def test_a_token_of_owners_sees_their_events_only(office: Office) -> None:
    await office.publish(*(an_event(f"pay_{owner}", owner_id=owner) for owner in ("ann", "bob", "cid", "")))

    assert resources(await office.pull(owner_ids=["ann", "cid"])) == ["pay_ann", "pay_cid"]
    assert resources(await office.pull(owner_ids=["nobody"])) == []
    assert resources(await office.pull(owner_ids=[])) == []
    assert resources(await office.pull()) == ["pay_ann", "pay_bob", "pay_cid", "pay_"]


async def test_a_cursor_holds_for_every_caller_and_opens_nothing(office: Office) -> None:
    await office.publish(*(an_event(f"pay_{owner}", owner_id=owner) for owner in ("ann", "bob", "ann2", "bob2")))
    first = (await office.pull(page_size=1)).next_cursor

    assert resources(await office.pull(owner_ids=["bob"], cursor=first)) == ["pay_bob"]
    assert resources(await office.pull(owner_ids=["ann"], cursor=first)) == []


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "é", " ", "A" * 40])
async def test_what_is_no_cursor_is_refused(office: Office, cursor: str) -> None:
    failed = await failure(office.call(cursor=cursor))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "CURSOR_INVALID")
    assert "leave it out" in failed.fields["cursor"]


async def test_a_cursor_of_another_database_is_refused(office: Office) -> None:
    cursor = (await office.pull()).next_cursor
    await office.sql("UPDATE sequence_heads SET incarnation = gen_random_uuid()")

    failed = await failure(office.call(cursor=cursor))

    assert failed.reason == "CURSOR_INVALID"
    assert "another database" in failed.message


async def test_a_cursor_from_before_a_restore_is_refused_instead_of_skipping_what_comes(office: Office) -> None:
    await office.publish(an_event())
    incarnation, number = decode_cursor((await office.pull()).next_cursor)

    failed = await failure(office.call(cursor=encode_cursor(incarnation, number + 1)))

    assert failed.reason == "CURSOR_INVALID"
    assert "restore" in failed.message


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"page_size": -1}, "page_size"),
        ({"wait": {"seconds": -1}}, "wait"),
        ({"wait": {"seconds": 30, "nanos": 1}}, "wait"),
        ({"start": 9}, "start"),
        ({"cursor": "A" * 1025}, "cursor"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(office: Office, fields: dict[str, Any], named: str) -> None:
    failed = await failure(office.call(**fields))

    assert failed.reason == "REQUEST_INVALID"
    assert list(failed.fields) == [named]


@pytest.mark.parametrize("asked", [{"types": ["refund.failed"]}, {"owner_ids": ["user_rare"]}])
async def test_a_filter_that_matches_rarely_looks_at_a_bounded_number_of_events_a_call(
    office: Office, asked: dict[str, Any]
) -> None:
    await fill(office, 2 * SCAN_MAX + 5)
    await office.publish(an_event("rfd_rare", type=EventType.REFUND_FAILED, owner_id="user_rare"))

    replies = [await office.pull(**asked, wait={"seconds": 30})]
    while not replies[-1].events:
        replies.append(await office.pull(**asked, cursor=replies[-1].next_cursor, wait={"seconds": 30}))

    assert [(resources(reply), reply.has_more) for reply in replies] == [
        ([], True),
        ([], True),
        (["rfd_rare"], False),
    ]
    assert [decode_cursor(reply.next_cursor)[1] for reply in replies] == [SCAN_MAX, 2 * SCAN_MAX, 2 * SCAN_MAX + 6]


async def test_reading_uses_the_key_however_rare_the_filter(office: Office) -> None:
    await fill(office, 2 * SCAN_MAX)
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "FROM outbox" in statement:
            sent.append((statement, parameters))

    listen(office.core.engine.sync_engine, "before_cursor_execute", note)
    await office.pull()
    await office.pull(types=["refund.failed"])
    await office.pull(owner_ids=["user_rare"], types=["refund.failed"], page_size=1)
    remove(office.core.engine.sync_engine, "before_cursor_execute", note)

    assert len(sent) == 3
    for statement, parameters in sent:
        async with office.core.engine.begin() as connection:
            lines = (await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)).scalars().all()
        plan = "\n".join(lines)
        assert "Index Scan using outbox_pkey" in plan or "Bitmap Index Scan on outbox_pkey" in plan, plan
        assert "Seq Scan" not in plan
