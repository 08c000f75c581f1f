"""Stripe's events: durable once, applied in any order any number of times, and none holds up the others."""

import asyncio
import itertools
from typing import Any

import httpx
import pytest
from payments_api.v1 import payment_pb2

from payments_service.application.follow.news import Fetcher, News, Wanted
from tests.integration.payments_service.application.house import PAY, House

STATE = "SELECT state, attempts, last_error FROM stripe_events ORDER BY event_id"


def odd_event(event_id: str, event_type: str = "charge.succeeded", intent: str = "", **fields: Any) -> dict[str, Any]:
    """An event that Stripe did not really send."""
    return {
        "id": event_id,
        "type": event_type,
        "livemode": False,
        "data": {"object": {"object": "charge", "id": "ch_x", "payment_intent": intent}},
    } | fields


async def unknowing(house: House) -> tuple[str, list[dict[str, Any]]]:
    """A payment that is paid at Stripe while our row still waits, and the events about it."""
    payment = (await house.create("k")).payment
    intent = payment.stripe_payment_intent_id
    async with httpx.AsyncClient(auth=(house.key, ""), verify=False) as client:
        answer = await client.post(
            f"{house.sandbox.url}/v1/payment_intents/{intent}/confirm",
            data={"payment_method": "pm_card_visa", "return_url": "https://shop.example"},
        )
        answer.raise_for_status()
    return payment.id, [event for event in await house.stripe_events() if event["type"] != "payment_method.attached"]


async def test_an_event_is_stored_once_however_often_it_comes(house: House) -> None:
    _, events = await unknowing(house)

    answers = await asyncio.gather(*(house.record(events[0]) for _ in range(30)))

    assert sorted(answers) == [False] + [True] * 29
    assert len(await house.sql("SELECT 1 FROM stripe_events")) == 1


async def test_the_body_is_kept_as_it_was_signed(house: House) -> None:
    await house.record(odd_event("evt_1"), body=b'{"exact":  "bytes"}\n')

    assert await house.sql("SELECT body FROM stripe_events") == [(b'{"exact":  "bytes"}\n',)]


async def test_events_in_every_order_and_doubled_end_in_one_state(house: House) -> None:
    payment_id, events = await unknowing(house)
    assert 2 <= len(events) <= 4
    seen = set()
    for number, order in enumerate(itertools.permutations(events)):
        for event in order:
            for twin in ("", "-twin"):
                await house.record({**event, "id": f"{event['id']}-{number}{twin}"})
                await house.run("inbox")
        payment = (await house.get(payment_id)).payment
        seen.add((payment.state, payment.amount_captured.amount_minor, payment.stripe_charge_id != ""))

    assert seen == {(payment_pb2.PAYMENT_STATE_SUCCEEDED, 2500, True)}


async def test_a_payment_shows_the_events_that_moved_it(house: House) -> None:
    payment_id, events = await unknowing(house)
    for event in events:
        await house.record(event)

    await house.run("inbox")

    assert set((await house.get(payment_id)).payment.stripe_event_ids) == {event["id"] for event in events}


async def test_an_event_that_says_paid_moves_nothing_that_stripe_does_not_confirm(house: House) -> None:
    payment = (await house.create("k")).payment
    forged = odd_event("evt_forged", "payment_intent.succeeded", payment.stripe_payment_intent_id)

    await house.record(forged)
    await house.run("inbox")
    await house.settle()

    assert (await house.get(payment.id)).payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD
    assert await house.sql("SELECT 1 FROM ledger_entries") == []


async def test_an_unknown_type_is_stored_and_has_no_effect(house: House) -> None:
    await house.record(odd_event("evt_1", "astrology.sign.changed"))

    await house.run("inbox")

    assert await house.sql(STATE) == [("DONE", 1, "")]


async def test_an_event_of_the_other_mode_is_stored_and_refused(house: House) -> None:
    await house.record(odd_event("evt_live", livemode=True))

    assert await house.run("inbox") == 0
    ((state, attempts, error),) = await house.sql(STATE)
    assert (state, attempts) == ("REFUSED", 0)
    assert "livemode" in error


async def test_a_bad_event_is_parked_with_its_error_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, events = await unknowing(house)
    fetch = Fetcher.fetch

    async def fetch_or_choke(self: Fetcher, wanted: Wanted) -> News:
        if "pi_poison" in wanted.intents:
            raise KeyError("status")
        return await fetch(self, wanted)

    monkeypatch.setattr(Fetcher, "fetch", fetch_or_choke)
    await house.record(odd_event("evt_poison", intent="pi_poison"))
    for event in events:
        await house.record(event)
    for _ in range(house.settings.event_attempts_max):
        await house.sql("UPDATE stripe_events SET next_attempt_time = now()")
        await house.run("inbox")

    rows = dict(map(tuple, await house.sql("SELECT event_id, state FROM stripe_events")))
    assert rows.pop("evt_poison") == "DEAD"
    assert set(rows.values()) == {"DONE"}
    ((error,),) = await house.sql("SELECT last_error FROM stripe_events WHERE state = 'DEAD'")
    assert "KeyError" in error
    assert (await house.get(payment_id)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_an_outage_of_stripe_kills_no_event(house: House) -> None:
    _, events = await unknowing(house)
    await house.record(events[-1])
    await house.control("POST", "/faults", {"effect": "error_before", "path": "/v1/payment_intents/{id}", "count": 5})
    for _ in range(5):
        await house.sql("UPDATE stripe_events SET next_attempt_time = now()")
        await house.run("inbox")
    ((state, attempts, error),) = await house.sql(STATE)
    assert (state, attempts) == ("PENDING", 0)
    assert "Stripe did not answer" in error

    await house.sql("UPDATE stripe_events SET next_attempt_time = now()")
    await house.run("inbox")

    assert (await house.sql(STATE))[0][0] == "DONE"


async def test_two_workers_never_take_the_same_event(house: House) -> None:
    for number in range(40):
        await house.record(odd_event(f"evt_{number}", "astrology.sign.changed"))

    worked = await asyncio.gather(*(house.run("inbox") for _ in range(4)))

    assert sum(worked) == 40
    assert {tuple(row) for row in await house.sql("SELECT state, attempts FROM stripe_events")} == {("DONE", 1)}


async def test_events_that_come_before_our_own_answer_find_their_payment(house: House) -> None:
    await house.control("POST", "/faults", {"effect": "reset_after", "path": "/v1/payment_intents", "count": 1})
    with pytest.raises(Exception, match="did not arrive"):
        await house.create("k", **PAY)
    for event in await house.stripe_events():
        await house.record(event)
    await house.run("inbox")
    ((payment_id, state),) = await house.sql("SELECT intent_id, state FROM payments")
    assert payment_id.startswith("pi_")
    assert state == "SUCCEEDED"

    await house.complete()

    assert (await house.create("k", **PAY)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
