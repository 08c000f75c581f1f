"""Events that were never delivered are found by asking, once; what is old is removed a piece at a time."""

from datetime import timedelta

from payments_api.v1 import payment_pb2

from payments_service.application.events.retention import RemoveOld
from payments_service.application.events.watch import WatchInbox
from payments_service.bootstrap import _keep, _poll_events
from payments_service.observability.metrics import REGISTRY
from tests.integration.payments_service.application.house import PAY, House
from tests.integration.payments_service.application.test_events import odd_event, unknowing

DAY_SECONDS = 86_400
AGAIN = "UPDATE stripe_accounts SET poll_time = NULL"


async def undelivered(house: House) -> None:
    """An endpoint that takes nothing: events made from now on are not delivered."""
    await house.control("PUT", "/webhooks/endpoint", {"url": "http://127.0.0.1:9", "secret": "whsec_nobody"})


async def test_a_payment_whose_webhooks_are_all_lost_is_paid_after_the_poll(house: House) -> None:
    await undelivered(house)
    payment_id, events = await unknowing(house)

    assert await house.run("event_poll") == 1
    rows = await house.sql("SELECT event_id, endpoint, related_ids ->> 'payment_intent' AS intent FROM stripe_events")
    assert {row.event_id for row in rows} >= {event["id"] for event in events}
    assert {row.endpoint for row in rows} == {"POLL"}
    assert [await house.record(event) for event in events] == [True] * len(events)
    await house.run("inbox")

    payment = (await house.get(payment_id)).payment
    assert payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert set(payment.stripe_event_ids) >= {event["id"] for event in events}
    assert await house.run("event_poll") == 0, "its turn comes again later"
    await house.sql(AGAIN)
    await house.run("event_poll")
    ids = [row.event_id for row in await house.sql("SELECT event_id FROM stripe_events")]
    assert len(ids) == len(set(ids)) <= len(rows) + 1, "a look finds what is new, and nothing twice"


async def test_an_outage_in_the_middle_of_a_poll_leaves_nothing_out(house: House) -> None:
    await undelivered(house)
    await unknowing(house)
    await house.control("POST", "/faults", {"effect": "error_before", "path": "/v1/events", "count": 1})

    await house.run("event_poll")
    assert [row.polled_through for row in await house.sql("SELECT polled_through FROM stripe_accounts")] == [None]
    at_stripe = {event["id"] for event in await house.stripe_events()}
    await house.sql(AGAIN)
    await house.run("event_poll")

    # Stripe may have told of one more meanwhile: its capture is asynchronous.
    assert {row.event_id for row in await house.sql("SELECT event_id FROM stripe_events")} >= at_stripe


async def test_what_may_still_be_on_its_way_is_left_alone(house: House) -> None:
    await undelivered(house)
    await unknowing(house)
    patient = house.core.settings.model_copy(update={"event_poll_grace_seconds": 3_600})
    house.core.settings, hasty = patient, house.core.settings

    await _poll_events(house.core).run_once()
    assert await house.sql("SELECT 1 FROM stripe_events") == []
    (looked,) = await house.sql("SELECT poll_time - polled_through AS behind FROM stripe_accounts")
    assert timedelta(minutes=59) < looked.behind < timedelta(minutes=61)

    house.core.settings = hasty
    await house.sql(AGAIN)
    await _poll_events(house.core).run_once()
    assert {row.endpoint for row in await house.sql("SELECT endpoint FROM stripe_events")} == {"POLL"}


async def test_what_is_young_and_what_is_not_goes_by_stripes_clock(house: House) -> None:
    """Its clock is two days ahead here, and by ours all that it made then has yet to happen."""
    await undelivered(house)
    await house.control("POST", "/clock/advance", {"seconds": 2 * DAY_SECONDS})
    await unknowing(house)
    at_stripe = {event["id"] for event in await house.stripe_events()}

    await house.run("event_poll")

    assert {row.event_id for row in await house.sql("SELECT event_id FROM stripe_events")} >= at_stripe
    (looked,) = await house.sql("SELECT polled_through - poll_time AS ahead FROM stripe_accounts")
    assert timedelta(days=1) < looked.ahead <= timedelta(days=2)


async def test_connected_accounts_are_asked_as_well(house: House) -> None:
    seller = await house.seller()
    await house.control(
        "PUT", "/webhooks/endpoint", {"url": "http://127.0.0.1:9", "secret": "whsec_nobody", "connect": True}
    )
    await house.sell("k", seller.id)
    await house.settle_all()
    await house.sql("DELETE FROM stripe_events")

    await house.run("event_poll")

    accounts = {row.stripe_account for row in await house.sql("SELECT stripe_account FROM stripe_events")}
    assert seller.stripe_account_id in accounts


async def test_what_is_old_is_removed_and_what_waits_is_kept(house: House) -> None:
    """Ids begin with a time, so the rows are made old by giving them other ids."""
    await house.create("old", **PAY)
    await house.create("young")
    for number, state in enumerate(("DONE", "DEAD", "PENDING", "DONE")):
        await house.record(odd_event(f"evt_{number}", object="charge"))
        await house.sql("UPDATE stripe_events SET state = :state WHERE event_id = :e", state=state, e=f"evt_{number}")
    days = {"evt_0": 100, "evt_1": 100, "evt_2": 31}
    for event_id, age in days.items():
        await house.sql(
            "UPDATE stripe_events SET id = (lpad(to_hex((extract(epoch FROM now() - make_interval(days => :age)) "
            "* 1000)::bigint), 12, '0') || substr(replace(id::text, '-', ''), 13))::uuid WHERE event_id = :e",
            age=age,
            e=event_id,
        )
    await house.sql(
        "UPDATE idempotency_keys SET complete_time = now() - interval '31 days' "
        "WHERE digest = (SELECT digest FROM idempotency_keys ORDER BY create_time LIMIT 1)"
    )
    remove = RemoveOld(house.core.transactions, _keep(house.settings))

    assert await remove.run_once() == 3 + 1 + 1
    assert await remove.run_once() == 0

    rows = await house.sql("SELECT event_id, body IS NOT NULL AS whole FROM stripe_events ORDER BY event_id")
    assert [(row.event_id, row.whole) for row in rows] == [("evt_1", False), ("evt_2", False), ("evt_3", True)]
    assert len(await house.sql("SELECT 1 FROM idempotency_keys")) == 1
    await WatchInbox(house.core.transactions).run_once()
    assert REGISTRY.get_sample_value("payments_inbox_dead") == 1
    assert REGISTRY.get_sample_value("payments_inbox_pending") == 1
