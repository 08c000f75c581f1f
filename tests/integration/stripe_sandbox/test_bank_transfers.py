"""Bank transfers come in parts; only the whole pays."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import check_books, control, figures, sandbox_with, types_of_events

INTENTS = "/v1/payment_intents"
BEGUN = ["customer.created", "payment_intent.created", "payment_intent.requires_action"]
PAID = ["charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


def _by_transfer(form: dict[str, str]) -> dict[str, str]:
    """The payment, to be made by bank transfer."""
    rest = {name: value for name, value in form.items() if name != "payment_method"}
    return {**rest, "payment_method_data[type]": "customer_balance"}


async def begin(raw: httpx.AsyncClient, form: dict[str, str]) -> dict[str, Any]:
    customer = (await raw.post("/v1/customers")).json()["id"]
    reply = await raw.post(INTENTS, data={**_by_transfer(form), "customer": customer})
    assert reply.status_code == 200, reply.text
    intent: dict[str, Any] = reply.json()
    return intent


@pytest.mark.parametrize(
    ("parts", "remaining", "told"),
    [
        ([], [], []),
        ([4_000], [6_000], ["payment_intent.partially_funded"]),
        ([4_000, 5_999], [6_000, 1], ["payment_intent.partially_funded"] * 2),
        ([4_000, 6_000], [6_000], ["payment_intent.partially_funded", *PAID]),
        ([10_001], [], PAID),
    ],
)
async def test_a_transfer_pays_once_all_of_it_has_come(
    raw: httpx.AsyncClient, form: dict[str, str], parts: list[int], remaining: list[int], told: list[str]
) -> None:
    intent = await begin(raw, form)
    assert intent["status"] == "requires_action"
    left = []
    for part in parts:
        intent = await control(raw, f"payment_intents/{intent['id']}/fund", amount=part)
        if intent["next_action"]:
            left.append(intent["next_action"]["display_bank_transfer_instructions"]["amount_remaining"])
    assert left == remaining
    assert await types_of_events(raw) == [*BEGUN, *told]
    paid = bool(told) and told[-1] == "payment_intent.succeeded"
    assert await figures(raw) == ([("payment", 10_000, 50, 9_950, "py")] if paid else [])
    await check_books(raw)
    assert (intent["status"], intent["amount_received"]) == (("succeeded", 10_000) if paid else ("requires_action", 0))


async def test_stripes_own_helper_pays_the_oldest_first(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    first = await begin(raw, form)
    second = (await raw.post(INTENTS, data={**_by_transfer(form), "customer": first["customer"]})).json()
    path = f"/v1/test_helpers/customers/{first['customer']}/fund_cash_balance"
    funded = await raw.post(path, data={"amount": "10400", "currency": "usd"})
    assert (funded.status_code, funded.json()["net_amount"]) == (200, 10_400)
    shown = [(await raw.get(f"{INTENTS}/{one['id']}")).json()["status"] for one in (first, second)]
    assert shown == ["succeeded", "requires_action"]
    assert (await raw.post(path, data={"amount": "9601", "currency": "usd"})).status_code == 400
    assert (await raw.post(path, data={"amount": "1", "currency": "eur"})).status_code == 400
    assert (await types_of_events(raw))[-1] == "payment_intent.partially_funded"


async def test_only_what_waits_for_a_transfer_is_funded(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    paid = (await raw.post(INTENTS, data=form)).json()
    waiting = await begin(raw, form)
    reply = await raw.post(f"/_sandbox/payment_intents/{paid['id']}/fund", json={"amount": 1})
    assert (reply.status_code, "waits for no bank transfer" in reply.text) == (400, True)
    reply = await raw.post(f"/_sandbox/payment_intents/{waiting['id']}/authenticate", json={"outcome": "pass"})
    assert (reply.status_code, "no authentication is asked for" in reply.text) == (400, True)
    assert (await raw.post(f"{INTENTS}/{waiting['id']}/cancel")).json()["status"] == "canceled"


async def test_a_transfer_needs_a_customer(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    rest = {name: value for name, value in form.items() if name != "payment_method"}
    reply = await raw.post(INTENTS, data={**rest, "payment_method_data[type]": "customer_balance"})
    assert reply.json()["error"]["param"] == "customer"
