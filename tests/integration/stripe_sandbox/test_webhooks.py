"""Webhooks over a real socket: signed, in order, retried, and disturbed on request."""

from typing import Any

import httpx
import pytest

from stripe_sandbox.runner import SandboxThread
from tests.integration.stripe_sandbox.harness import SECRET, Receiver, eventually

INTENTS = "/v1/payment_intents"


async def deliveries(raw: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = (await raw.get("/_sandbox/webhooks/deliveries", params=query)).json()["data"]
    return data


async def test_a_purchase_is_told_in_order_signed_and_complete(
    hooked_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    reply = await hooked_raw.post(INTENTS, data=form, headers={"idempotency-key": "order-7"})
    await eventually(lambda: len(receiver.events) == 3, "three events")
    assert receiver.types() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    assert receiver.forged == 0
    event = receiver.events[2]
    assert event["object"] == "event"
    assert event["api_version"] == "2026-10-28.endive"
    assert event["request"] == {"id": reply.headers["request-id"], "idempotency_key": "order-7"}
    assert (event["livemode"], event["pending_webhooks"]) == (False, 1)
    assert event["data"] == {"object": reply.json()}
    assert "account" not in event
    assert isinstance(event["created"], int)


async def test_an_event_shows_its_object_as_it_was(
    hooked_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    await hooked_raw.post(INTENTS, data=form)
    await eventually(lambda: len(receiver.events) == 3, "three events")
    assert [event["data"]["object"]["status"] for event in receiver.events] == [
        "requires_payment_method",
        "succeeded",
        "succeeded",
    ]


@pytest.mark.parametrize(
    ("method", "capture", "types"),
    [
        ("pm_card_visa", "automatic", ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]),
        (
            "pm_card_visa",
            "manual",
            ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"],
        ),
        (
            "pm_card_chargeDeclined",
            "automatic",
            ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"],
        ),
        (
            "pm_card_bypassPending",
            "automatic",
            ["payment_intent.created", "balance.available", "charge.succeeded", "payment_intent.succeeded"],
        ),
    ],
)
async def test_each_outcome_has_its_events(
    hooked_raw: httpx.AsyncClient,
    receiver: Receiver,
    form: dict[str, str],
    method: str,
    capture: str,
    types: list[str],
) -> None:
    await hooked_raw.post(INTENTS, data={**form, "payment_method": method, "capture_method": capture})
    await eventually(lambda: len(receiver.events) >= len(types), "all events")
    assert receiver.types() == types


async def test_what_is_not_taken_is_tried_again_with_the_same_id(
    hooked_raw: httpx.AsyncClient, receiver: Receiver
) -> None:
    receiver.answers = [503, 500]
    await hooked_raw.post("/v1/customers")
    await eventually(lambda: len(receiver.events) == 1, "the third attempt")
    (delivery,) = await deliveries(hooked_raw)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [503, 500, 200]
    assert delivery["event"] == receiver.events[0]["id"]


async def test_what_is_never_taken_is_given_up_and_listed_as_undelivered(
    hooked_raw: httpx.AsyncClient, receiver: Receiver
) -> None:
    await hooked_raw.put("/_sandbox/webhooks/endpoint", json={"url": "http://127.0.0.1:1/nobody"})
    await hooked_raw.post("/v1/customers")
    failed: list[dict[str, Any]] = []
    while not failed:
        failed = await deliveries(hooked_raw, state="failed")
    assert len(failed[0]["attempts"]) == 5
    assert failed[0]["attempts"][0]["error"].startswith("ConnectionRefusedError")
    undelivered = (await hooked_raw.get("/v1/events", params={"delivery_success": "false"})).json()["data"]
    assert [event["type"] for event in undelivered] == ["customer.created"]
    assert receiver.events == []


async def test_several_endpoints_each_get_what_they_asked_for(
    hooked_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    made = await hooked_raw.post(
        "/v1/webhook_endpoints",
        data={"url": receiver.url, "enabled_events[0]": "charge.*", "enabled_events[1]": "customer.created"},
    )
    assert made.json()["secret"].startswith("whsec_")
    await hooked_raw.post(INTENTS, data=form)
    await eventually(lambda: len(receiver.events) == 3 and receiver.forged >= 1, "both endpoints")
    mine = [one for one in await deliveries(hooked_raw) if one["endpoint"] == made.json()["id"]]
    assert [one["type"] for one in mine] == ["charge.succeeded"]
    listed = (await hooked_raw.get("/v1/webhook_endpoints")).json()["data"]
    assert len(listed) == 2
    assert all("secret" not in one for one in listed)
    gone = await hooked_raw.delete(f"/v1/webhook_endpoints/{made.json()['id']}")
    assert gone.json()["deleted"]
    assert len((await hooked_raw.get("/v1/webhook_endpoints")).json()["data"]) == 1


async def test_an_endpoint_can_be_switched_off(hooked_raw: httpx.AsyncClient, receiver: Receiver) -> None:
    endpoint = (await hooked_raw.get("/v1/webhook_endpoints")).json()["data"][0]["id"]
    changed = await hooked_raw.post(f"/v1/webhook_endpoints/{endpoint}", data={"disabled": "true"})
    assert changed.json()["status"] == "disabled"
    await hooked_raw.post("/v1/customers")
    assert await deliveries(hooked_raw) == []
    assert receiver.events == []


async def test_paused_webhooks_wait_and_come_in_order(hooked_raw: httpx.AsyncClient, receiver: Receiver) -> None:
    await hooked_raw.post("/_sandbox/webhooks/pause")
    for name in "abc":
        await hooked_raw.post("/v1/customers", data={"name": name})
    state = (await hooked_raw.get("/_sandbox/state")).json()["webhooks"]
    assert (state["paused"], state["pending"], receiver.events) == (True, 3, [])
    await hooked_raw.post("/_sandbox/webhooks/resume")
    await eventually(lambda: len(receiver.events) == 3, "what had waited")
    assert [event["data"]["object"]["name"] for event in receiver.events] == ["a", "b", "c"]


async def test_an_event_is_sent_again_with_its_id_or_as_a_twin_with_another(
    hooked_raw: httpx.AsyncClient, receiver: Receiver
) -> None:
    await hooked_raw.post("/v1/customers")
    await eventually(lambda: len(receiver.events) == 1, "the event")
    identifier = receiver.events[0]["id"]
    await hooked_raw.post(f"/_sandbox/events/{identifier}/resend")
    await eventually(lambda: len(receiver.events) == 2, "the same again")
    await hooked_raw.post(f"/_sandbox/events/{identifier}/twin")
    await eventually(lambda: len(receiver.events) == 3, "its twin")
    first, again, twin = receiver.events
    assert again["id"] == first["id"] != twin["id"]
    assert first["data"] == again["data"] == twin["data"]


@pytest.mark.parametrize(("effect", "events", "ids"), [("double", 2, 1), ("twin", 2, 2), ("delay", 1, 1)])
async def test_webhooks_are_disturbed_on_request(
    hooked_raw: httpx.AsyncClient, receiver: Receiver, effect: str, events: int, ids: int
) -> None:
    rule = {"effect": effect, "types": ["customer.created"], "delay_ms": 30}
    assert (await hooked_raw.post("/_sandbox/faults", json=rule)).status_code == 201
    await hooked_raw.post("/v1/customers")
    await eventually(lambda: len(receiver.events) == events, f"{events} events")
    assert len({event["id"] for event in receiver.events}) == ids


async def test_shuffled_webhooks_all_arrive_in_another_order(hooked_raw: httpx.AsyncClient, receiver: Receiver) -> None:
    await hooked_raw.post("/_sandbox/faults", json={"effect": "shuffle", "window": 8})
    names = [str(number) for number in range(16)]
    for name in names:
        await hooked_raw.post("/v1/customers", data={"name": name})
    await eventually(lambda: len(receiver.events) == 16, "sixteen events")
    arrived = [event["data"]["object"]["name"] for event in receiver.events]
    assert arrived != names
    assert sorted(arrived, key=int) == names


@pytest.mark.parametrize(("believed", "undelivered"), [(False, 1), (True, 0)])
async def test_a_dropped_webhook_is_undelivered_unless_stripe_believes_otherwise(
    hooked_raw: httpx.AsyncClient, receiver: Receiver, believed: bool, undelivered: int
) -> None:
    await hooked_raw.post("/_sandbox/faults", json={"effect": "drop", "count": 1, "believed": believed})
    await hooked_raw.post("/v1/customers")
    await hooked_raw.post("/v1/customers")
    await eventually(lambda: len(receiver.events) == 1, "the second")
    events = {"pending": 1}
    while events["pending"]:
        events = (await hooked_raw.get("/_sandbox/state")).json()["webhooks"]
    listed = (await hooked_raw.get("/v1/events", params={"delivery_success": "false"})).json()["data"]
    assert len(listed) == undelivered


async def test_the_secret_of_a_new_target_signs_from_then_on(sandbox: SandboxThread, receiver: Receiver) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, verify=False) as control:
        made = await control.put("/_sandbox/webhooks/endpoint", json={"url": receiver.url, "secret": SECRET})
        assert made.json()["secret"] == SECRET
        refused = await control.put("/_sandbox/webhooks/endpoint", json={"url": "nowhere"})
    assert refused.status_code == 400
    assert refused.json()["error"]["message"].startswith("url: ")
