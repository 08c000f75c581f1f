"""`/v1/events` as the way to what webhooks did not bring, also while they are disturbed."""

from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import (
    SECRET,
    Receiver,
    acting_for,
    control,
    eventually,
    open_account,
)

EVENTS = "/v1/events"
DAY_S = 86_400


async def listed(raw: httpx.AsyncClient, account: str | None = None, **query: Any) -> list[str]:
    """The ids of events, newest first."""
    reply = await raw.get(EVENTS, params={"limit": "100", **query}, headers=acting_for(account))
    assert reply.status_code == 200, reply.text
    return [event["id"] for event in reply.json()["data"]]


async def settle_down(raw: httpx.AsyncClient) -> None:
    """Until no delivery is under way."""
    pending = 1
    while pending:
        pending = (await raw.get("/_sandbox/state")).json()["webhooks"]["pending"]


@pytest.mark.parametrize(
    ("fault", "undelivered", "received"),
    [
        ({"effect": "drop"}, 3, 0),
        ({"effect": "drop", "count": 1}, 1, 2),
        ({"effect": "drop", "after": 1, "count": 1}, 1, 2),
        ({"effect": "drop", "types": ["charge.*"]}, 1, 2),
        ({"effect": "drop", "believed": True}, 0, 0),
        ({"effect": "double"}, 0, 6),
        ({"effect": "twin"}, 0, 6),
        ({"effect": "delay", "delay_ms": 5}, 0, 3),
        ({"effect": "shuffle", "window": 3}, 0, 3),
    ],
)
async def test_what_no_webhook_brought_is_listed_and_nothing_else(
    hooked_raw: httpx.AsyncClient,
    receiver: Receiver,
    form: dict[str, str],
    fault: dict[str, Any],
    undelivered: int,
    received: int,
) -> None:
    await control(hooked_raw, "faults", **fault)
    await hooked_raw.post("/v1/payment_intents", data=form)
    await eventually(lambda: len(receiver.events) == received, f"{received} deliveries")
    await settle_down(hooked_raw)
    lost = await listed(hooked_raw, delivery_success="false")
    assert len(lost) == undelivered
    assert not {event["id"] for event in receiver.events} & set(lost)
    assert len({event["id"] for event in receiver.events} | set(lost)) == len(await listed(hooked_raw)) - (
        3 if fault.get("believed") else 0
    )


async def test_a_lost_event_is_delivered_once_it_was_sent_again(
    hooked_raw: httpx.AsyncClient, receiver: Receiver
) -> None:
    await control(hooked_raw, "faults", effect="drop", count=1)
    await hooked_raw.post("/v1/customers")
    (lost,) = await listed(hooked_raw, delivery_success="false")
    await control(hooked_raw, f"events/{lost}/resend")
    await eventually(lambda: len(receiver.events) == 1, "the event")
    await settle_down(hooked_raw)
    assert await listed(hooked_raw, delivery_success="false") == []
    await control(hooked_raw, f"events/{lost}/resend")
    await eventually(lambda: len(receiver.events) == 2, "the event again")
    assert await listed(hooked_raw, delivery_success="true") == [lost]


async def test_each_account_lists_what_was_lost_of_its_own(
    raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    target = {"url": receiver.url, "secret": SECRET, "connect": True}
    await raw.put("/_sandbox/webhooks/endpoint", json=target)
    first, second = await open_account(raw), await open_account(raw)
    await settle_down(raw)
    await control(raw, "faults", effect="drop", types=["charge.succeeded"], account=first)
    for account in (second, first):
        await raw.post("/v1/payment_intents", data=form, headers=acting_for(account))
    await settle_down(raw)
    (lost,) = await listed(raw, first, delivery_success="false")
    event = (await raw.get(f"{EVENTS}/{lost}", headers=acting_for(first))).json()
    assert (event["type"], event["account"], event["pending_webhooks"]) == ("charge.succeeded", first, 1)
    assert await listed(raw, second, delivery_success="false") == []
    assert await listed(raw, delivery_success="false") == []
    assert (await raw.get(f"{EVENTS}/{lost}")).status_code == 404


async def test_events_are_kept_for_thirty_days(raw: httpx.AsyncClient) -> None:
    await raw.post("/v1/customers")
    (old,) = await listed(raw)
    created = (await raw.get(f"{EVENTS}/{old}")).json()["created"]
    await control(raw, "clock/advance", seconds=29 * DAY_S)
    await raw.post("/v1/customers")
    young = (await listed(raw))[0]
    assert await listed(raw, **{"created[gte]": str(created)}) == [young, old]
    assert await listed(raw, **{"types[]": "customer.*", "created[gt]": str(created)}) == [young]
    await control(raw, "clock/advance", seconds=1.5 * DAY_S)
    assert await listed(raw) == [young]
    assert await listed(raw, **{"created[gte]": str(created)}) == [young]
    assert (await raw.get(f"{EVENTS}/{old}")).status_code == 404
