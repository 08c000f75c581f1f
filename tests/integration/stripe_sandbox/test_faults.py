"""Faults of the API over a real socket: with and without the effect, with and without an answer."""

import asyncio
import time

import httpx
import pytest

INTENTS = "/v1/payment_intents"


async def strike(raw: httpx.AsyncClient, effect: str, **fields: float) -> None:
    rule = {"effect": effect, "path": INTENTS, "method": "POST", "count": 1, **fields}
    assert (await raw.post("/_sandbox/faults", json=rule)).status_code == 201


async def count(raw: httpx.AsyncClient) -> int:
    return len((await raw.get(INTENTS)).json()["data"])


async def send(raw: httpx.AsyncClient, form: dict[str, str]) -> httpx.Response:
    return await raw.post(INTENTS, data=form, headers={"idempotency-key": "k"})


@pytest.mark.parametrize(("effect", "effects"), [("error_before", 0), ("error_after", 1)])
async def test_a_500_comes_before_or_after_the_effect(
    raw: httpx.AsyncClient, form: dict[str, str], effect: str, effects: int
) -> None:
    await strike(raw, effect)
    reply = await send(raw, form)
    assert (reply.status_code, reply.json()["error"]["type"]) == (500, "api_error")
    assert await count(raw) == effects


async def test_a_500_before_the_effect_does_not_use_up_the_key(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await strike(raw, "error_before")
    assert [(await send(raw, form)).status_code for _ in range(2)] == [500, 200]
    assert await count(raw) == 1


async def test_a_500_after_the_effect_is_replayed(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await strike(raw, "error_after")
    first, second = await send(raw, form), await send(raw, form)
    assert (first.status_code, second.status_code) == (500, 500)
    assert second.headers["idempotent-replayed"] == "true"
    assert await count(raw) == 1


async def test_a_500_after_the_effect_may_hide_the_answer_only_once(
    raw: httpx.AsyncClient, form: dict[str, str]
) -> None:
    await strike(raw, "error_after", kept=False)
    assert [(await send(raw, form)).status_code for _ in range(2)] == [500, 200]
    assert await count(raw) == 1


@pytest.mark.parametrize(("effect", "effects"), [("reset_before", 0), ("reset_after", 1)])
async def test_the_connection_is_cut_before_or_after_the_effect(
    raw: httpx.AsyncClient, form: dict[str, str], effect: str, effects: int
) -> None:
    await strike(raw, effect)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await send(raw, form)
    assert await count(raw) == effects
    again = await send(raw, form)
    assert (again.status_code, again.json()["status"]) == (200, "succeeded")
    assert await count(raw) == 1


async def test_latency_holds_the_request_but_no_other(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await strike(raw, "latency", latency_ms=400)
    started = time.monotonic()
    slow = asyncio.create_task(send(raw, form))
    await raw.get("/v1/balance")
    assert not slow.done()
    assert (await slow).status_code == 200
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(
    ("effect", "effects"),
    [("latency_after", 1), ("reset_before", 0), ("reset_after", 1), ("error_before", 0), ("error_after", 1)],
)
async def test_a_clients_time_runs_out_with_and_without_the_effect(
    raw: httpx.AsyncClient, form: dict[str, str], effect: str, effects: int
) -> None:
    await strike(raw, effect, latency_ms=500)
    with pytest.raises(httpx.ReadTimeout):
        await raw.post(INTENTS, data=form, timeout=0.2)
    assert await count(raw) == effects


@pytest.mark.parametrize(
    ("effect", "status", "code"), [("conflict", 409, "lock_timeout"), ("rate_limit", 429, "rate_limit")]
)
async def test_conflict_and_rate_limit_come_without_the_effect(
    raw: httpx.AsyncClient, form: dict[str, str], effect: str, status: int, code: str
) -> None:
    await strike(raw, effect, retry_after_s=3)
    reply = await send(raw, form)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert reply.headers.get("retry-after") == ("3" if effect == "rate_limit" else None)
    assert (await send(raw, form)).status_code == 200
    assert await count(raw) == 1


async def test_rules_are_listed_lifted_and_cleared(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    await strike(raw, "conflict", count=5)
    await send(raw, form)
    (rule,) = (await raw.get("/_sandbox/faults")).json()["data"]
    assert (rule["effect"], rule["left"], rule["struck"]) == ("conflict", 4, 1)
    assert (await raw.delete(f"/_sandbox/faults/{rule['id']}")).json()["deleted"]
    assert (await raw.delete(f"/_sandbox/faults/{rule['id']}")).status_code == 404
    await strike(raw, "conflict")
    await raw.delete("/_sandbox/faults", params={"seed": "7"})
    assert (await raw.get("/_sandbox/faults")).json()["data"] == []
    assert (await send(raw, form)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"effect": "explode"}', "effect"),
        (b'{"effect": "conflict", "probability": 2}', "probability"),
        (b'{"effect": "conflict", "chance": 1}', "chance"),
        (b'{"effect": "drop", "count": 0}', "count"),
        (b"{", "body"),
    ],
)
async def test_a_wrong_rule_is_refused_by_field(raw: httpx.AsyncClient, body: bytes, field: str) -> None:
    reply = await raw.post("/_sandbox/faults", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith(f"{field}: ")
