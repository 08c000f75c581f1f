"""Events of connected accounts: to Connect endpoints only, with the account, disturbed like all others."""

from collections.abc import AsyncIterator

import httpx
import pytest

from stripe_sandbox.runner import SandboxServer, SandboxThread
from stripe_sandbox.settings import SandboxSettings
from tests.integration.stripe_sandbox.harness import SECRET, Receiver, eventually, open_account, raw_client

INTENTS = "/v1/payment_intents"
ONBOARDING = ["capability.updated", "capability.updated", "account.updated"]


@pytest.fixture
async def connect_raw(sandbox: SandboxThread, receiver: Receiver) -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox that tells the receiver of connected accounts only."""
    async with raw_client(sandbox.url) as raw:
        target = {"url": receiver.url, "secret": SECRET, "connect": True}
        (await raw.put("/_sandbox/webhooks/endpoint", json=target)).raise_for_status()
        yield raw


async def test_a_connect_endpoint_gets_the_other_side_of_a_payment(
    connect_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    creator = await open_account(connect_raw)
    terms = {"transfer_data[destination]": creator, "application_fee_amount": "1000"}
    paid = await connect_raw.post(INTENTS, data={**form, **terms}, headers={"idempotency-key": "order-9"})
    await eventually(lambda: len(receiver.events) == 4, "the payment")
    assert receiver.types() == [*ONBOARDING, "payment.created"]
    assert receiver.forged == 0
    event = receiver.events[-1]
    assert event["account"] == creator
    assert event["data"]["object"]["object"] == "charge"
    assert event["data"]["object"]["balance_transaction"].startswith("txn_")
    assert event["request"] == {"id": paid.headers["request-id"], "idempotency_key": "order-9"}
    listed = (await connect_raw.get("/v1/events", headers={"stripe-account": creator})).json()["data"]
    assert listed[0]["id"] == event["id"]


async def test_both_sorts_of_endpoints_work_side_by_side(
    connect_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    creator = await open_account(connect_raw)
    own = {"url": receiver.url, "secret": SECRET}
    await connect_raw.put("/_sandbox/webhooks/endpoint", json=own)
    await connect_raw.post(INTENTS, data={**form, "transfer_data[destination]": creator})
    await eventually(lambda: len(receiver.events) == 8, "both sides")
    mine = [event["type"] for event in receiver.events if "account" not in event]
    theirs = [event["type"] for event in receiver.events if event.get("account") == creator]
    assert mine == ["payment_intent.created", "transfer.created", "charge.succeeded", "payment_intent.succeeded"]
    assert theirs == [*ONBOARDING, "payment.created"]


@pytest.mark.parametrize(("effect", "events", "ids"), [("double", 2, 1), ("twin", 2, 2), ("delay", 1, 1)])
async def test_connect_webhooks_are_disturbed_on_request(
    connect_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str], effect: str, events: int, ids: int
) -> None:
    creator = await open_account(connect_raw)
    rule = {"effect": effect, "types": ["payment.created"], "delay_ms": 30}
    await connect_raw.post("/_sandbox/faults", json=rule)
    await connect_raw.post(INTENTS, data={**form, "transfer_data[destination]": creator})
    await eventually(lambda: receiver.types().count("payment.created") == events, f"{events} events")
    assert len({event["id"] for event in receiver.events if event["type"] == "payment.created"}) == ids


async def test_what_is_not_taken_is_tried_again_and_what_is_lost_is_listed_in_its_account(
    connect_raw: httpx.AsyncClient, receiver: Receiver, form: dict[str, str]
) -> None:
    creator = await open_account(connect_raw)
    await eventually(lambda: len(receiver.events) == 3, "the onboarding")
    receiver.answers = [503]
    await connect_raw.post("/_sandbox/faults", json={"effect": "drop", "types": ["payment.created"], "count": 1})
    destination = {**form, "transfer_data[destination]": creator}
    await connect_raw.post(INTENTS, data=destination)
    await connect_raw.post(INTENTS, data=destination)
    await eventually(lambda: len(receiver.events) == 4, "the second payment, at the second attempt")
    query = {"delivery_success": "false"}
    lost = (await connect_raw.get("/v1/events", params=query, headers={"stripe-account": creator})).json()["data"]
    assert [event["type"] for event in lost] == ["payment.created"]
    assert lost[0]["id"] != receiver.events[-1]["id"]
    await connect_raw.post(f"/_sandbox/events/{lost[0]['id']}/resend")
    await eventually(lambda: len(receiver.events) == 5, "what was lost")
    assert receiver.events[-1]["id"] == lost[0]["id"]


async def test_the_configured_connect_endpoint_survives_a_reset(receiver: Receiver) -> None:
    settings = SandboxSettings(
        address="127.0.0.1:0",
        log_level="error",
        connect_webhook_url=receiver.url,
        connect_webhook_secret=SECRET,  # type: ignore[arg-type]  # pydantic makes it a secret
    )
    async with SandboxServer(settings) as server, raw_client(server.url) as raw:
        await raw.post("/_sandbox/reset")
        await open_account(raw)
        await raw.post("/v1/customers")
        await eventually(lambda: len(receiver.events) == 3, "the onboarding")
        state = (await raw.get("/_sandbox/state")).json()["webhooks"]
        assert [one["url"] for one in state["endpoints"]] == [receiver.url]
        assert sorted(receiver.types()) == sorted(ONBOARDING)
        assert receiver.forged == 0
