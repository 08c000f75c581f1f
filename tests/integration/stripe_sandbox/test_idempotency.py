"""Idempotency over HTTP: one effect, one answer."""

import asyncio
from typing import Any

import httpx

from tests.integration.stripe_sandbox.harness import figures

INTENTS = "/v1/payment_intents"


async def count(raw: httpx.AsyncClient) -> int:
    return len((await raw.get(INTENTS, params={"limit": 100})).json()["data"])


async def test_the_same_request_gets_the_same_bytes(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    key = {"idempotency-key": "k1"}
    first = await raw.post(INTENTS, data=form, headers=key)
    second = await raw.post(INTENTS, data=form, headers=key)
    assert second.content == first.content
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["original-request"] == first.headers["request-id"]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "k1"
    assert "idempotent-replayed" not in first.headers
    assert await count(raw) == 1


async def test_a_decline_is_replayed_too(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    declined = {**form, "payment_method": "pm_card_chargeDeclined"}
    first = await raw.post(INTENTS, data=declined, headers={"idempotency-key": "k"})
    second = await raw.post(INTENTS, data=declined, headers={"idempotency-key": "k"})
    assert (first.status_code, second.content) == (402, first.content)
    assert await count(raw) == 1


async def test_refused_parameters_do_not_use_up_the_key(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    wrong = await raw.post(INTENTS, data={**form, "amount": "1"}, headers={"idempotency-key": "k"})
    right = await raw.post(INTENTS, data=form, headers={"idempotency-key": "k"})
    assert (wrong.status_code, right.status_code) == (400, 200)


async def test_another_request_with_the_key_is_an_idempotency_error(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    await raw.post(INTENTS, data=form, headers={"idempotency-key": "k"})
    for path, data in ((INTENTS, {**form, "amount": "5000"}), ("/v1/customers", form)):
        reply = await raw.post(path, data=data, headers={"idempotency-key": "k"})
        assert (reply.status_code, reply.json()["error"]["type"]) == (400, "idempotency_error")


async def test_of_many_at_once_one_runs_and_the_others_conflict(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await raw.post("/_sandbox/faults", json={"effect": "latency", "latency_ms": 300, "count": 1, "path": INTENTS})
    replies = await asyncio.gather(*(raw.post(INTENTS, data=form, headers={"idempotency-key": "k"}) for _ in range(10)))
    conflicts = [reply for reply in replies if reply.status_code == 409]
    assert [reply.status_code for reply in replies].count(200) == 1
    assert len(conflicts) == 9
    assert {reply.json()["error"]["code"] for reply in conflicts} == {"idempotency_key_in_use"}
    assert await count(raw) == 1


async def test_a_marketplace_payment_is_made_and_refunded_once(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    async def twice(path: str, data: dict[str, str]) -> dict[str, Any]:
        key = {"idempotency-key": f"k{path}"}
        first = await raw.post(path, data=data, headers=key)
        again = await raw.post(path, data=data, headers=key)
        assert (first.status_code, again.content) == (200, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        shown: dict[str, Any] = first.json()
        return shown

    await twice("/v1/accounts", {"type": "express"})
    await twice(f"/v1/accounts/{creator}", {"email": "a@example.com"})
    intent = await twice(INTENTS, {**marketplace, "expand[]": "latest_charge"})
    charge = intent["latest_charge"]
    await twice(f"/v1/application_fees/{charge['application_fee']}/refunds", {"amount": "100"})
    await twice(f"/v1/transfers/{charge['transfer']}/reversals", {"amount": "100"})
    await twice("/v1/refunds", {"charge": charge["id"], "amount": "4000", "reverse_transfer": "true"})
    assert len((await raw.get("/v1/accounts")).json()["data"]) == 2
    assert [one[0] for one in await figures(raw)] == [
        "charge",
        "transfer",
        "application_fee",
        "application_fee_refund",
        "transfer_refund",
        "refund",
        "transfer_refund",
    ]


async def test_a_transfer_is_made_once_and_a_lack_of_funds_is_remembered(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    order = {"amount": "100", "currency": "usd", "destination": creator}
    refused = await raw.post("/v1/transfers", data=order, headers={"idempotency-key": "poor"})
    await raw.post(INTENTS, data={**form, "payment_method": "pm_card_bypassPending"})
    still = await raw.post("/v1/transfers", data=order, headers={"idempotency-key": "poor"})
    assert (refused.status_code, still.content) == (400, refused.content)
    made = await raw.post("/v1/transfers", data=order, headers={"idempotency-key": "rich"})
    again = await raw.post("/v1/transfers", data=order, headers={"idempotency-key": "rich"})
    assert (made.status_code, again.content) == (200, made.content)
    assert len(await figures(raw, creator)) == 1


async def test_a_key_belongs_to_the_account_that_used_it(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    key = {"idempotency-key": "k"}
    own = await raw.post(INTENTS, data=form, headers=key)
    theirs = await raw.post(INTENTS, data=form, headers={**key, "stripe-account": creator})
    assert own.json()["id"] != theirs.json()["id"]


async def test_reading_takes_no_notice_of_keys(raw: httpx.AsyncClient) -> None:
    for path in ("/v1/balance", "/v1/customers"):
        reply = await raw.get(path, headers={"idempotency-key": "k"})
        assert reply.status_code == 200
