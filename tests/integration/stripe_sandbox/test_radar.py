"""Early fraud warnings and reviews: how they come, and what ends them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.harness import acting_for, control, sandbox_with, types_of_events

INTENTS = "/v1/payment_intents"
WARNINGS = "/v1/radar/early_fraud_warnings"
WARNED, UPDATED = "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"
OPENED, CLOSED = "review.opened", "review.closed"


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def pay(raw: httpx.AsyncClient, form: dict[str, str], card: str = "pm_card_visa", **fields: str) -> Any:
    reply = await raw.post(INTENTS, data={**form, "payment_method": card, "expand[]": "latest_charge", **fields})
    assert reply.status_code == 200, reply.text
    return reply.json()["latest_charge"]


async def told(raw: httpx.AsyncClient, account: str | None = None) -> list[str]:
    kinds = await types_of_events(raw, account)
    return [kind for kind in kinds if kind.startswith(("radar.", "review."))]


async def test_an_issuer_warns_of_some_cards(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge = await pay(raw, form, "pm_card_createIssuerFraudRecord")
    await control(raw, "clock/advance", seconds=1)
    (warning,) = (await raw.get(WARNINGS, params={"charge": charge["id"]})).json()["data"]
    assert warning == {
        "id": warning["id"],
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": warning["created"],
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    assert await told(raw) == [WARNED]
    await raw.post("/v1/refunds", data={"charge": charge["id"], "amount": "1"})
    assert await told(raw) == [WARNED]
    await raw.post("/v1/refunds", data={"charge": charge["id"]})
    assert (await raw.get(f"{WARNINGS}/{warning['id']}")).json() == {**warning, "actionable": False}
    assert await told(raw) == [WARNED, UPDATED]


@pytest.mark.parametrize("capture", ["automatic", "manual"])
async def test_a_card_of_elevated_risk_is_reviewed_once(
    raw: httpx.AsyncClient, form: dict[str, str], capture: str
) -> None:
    charge = await pay(raw, form, "pm_card_riskLevelElevated", capture_method=capture)
    assert (charge["outcome"]["type"], charge["outcome"]["risk_level"]) == ("manual_review", "elevated")
    (review,) = (await raw.get("/v1/reviews", params={"expand[]": "data.charge"})).json()["data"]
    assert (review["open"], review["reason"], review["charge"]["id"]) == (True, "rule", charge["id"])
    assert review["charge"]["review"] == review["id"]
    intent = (await raw.get(f"{INTENTS}/{charge['payment_intent']}")).json()
    assert intent["review"] == review["id"]
    if capture == "manual":
        await raw.post(f"{INTENTS}/{intent['id']}/capture")
    approved = (await raw.post(f"/v1/reviews/{review['id']}/approve")).json()
    assert (approved["open"], approved["reason"], approved["closed_reason"]) == (False, "approved", "approved")
    assert (await raw.get("/v1/reviews")).json()["data"] == []
    assert (await raw.post(f"/v1/reviews/{review['id']}/approve")).status_code == 400
    assert await told(raw) == [OPENED, CLOSED]


@pytest.mark.parametrize(
    ("end", "reason"),
    [("refund", "refunded"), ("fraud", "refunded_as_fraud"), ("dispute", "disputed"), ("close", "acknowledged")],
)
async def test_what_becomes_of_a_charge_ends_the_doubts(
    raw: httpx.AsyncClient, form: dict[str, str], end: str, reason: str
) -> None:
    charge = await pay(raw, form)
    review = await control(raw, f"charges/{charge['id']}/review")
    assert review["opened_reason"] == "manual"
    if end == "dispute":
        await control(raw, f"charges/{charge['id']}/dispute")
    elif end == "close":
        await control(raw, f"reviews/{review['id']}/close", reason="acknowledged")
    else:
        why = {"reason": "fraudulent"} if end == "fraud" else {}
        await raw.post("/v1/refunds", data={"charge": charge["id"], **why})
    shown = (await raw.get(f"/v1/reviews/{review['id']}")).json()
    assert (shown["open"], shown["closed_reason"]) == (False, reason)
    assert await told(raw) == [OPENED, CLOSED]


async def test_cancelling_an_authorisation_ends_its_review(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    charge = await pay(raw, form, "pm_card_riskLevelElevated", capture_method="manual")
    await raw.post(f"{INTENTS}/{charge['payment_intent']}/cancel")
    event = (await raw.get("/v1/events", params={"type": CLOSED})).json()["data"][0]
    assert event["data"]["object"]["closed_reason"] == "canceled"


async def test_doubts_are_told_in_the_account_that_was_charged(
    raw: httpx.AsyncClient, form: dict[str, str], creator: str
) -> None:
    reply = await raw.post(INTENTS, data=form, headers=acting_for(creator))
    charge = reply.json()["latest_charge"]
    warning = await control(raw, f"charges/{charge}/early_fraud_warning", fraud_type="made_with_stolen_card")
    assert warning["fraud_type"] == "made_with_stolen_card"
    await control(raw, f"charges/{charge}/dispute")
    again = await control(raw, f"charges/{charge}/early_fraud_warning")
    assert again["actionable"] is False
    assert await told(raw, creator) == [WARNED, UPDATED, WARNED]
    assert await told(raw) == []


async def test_the_highest_risk_is_blocked(raw: httpx.AsyncClient, form: dict[str, str]) -> None:
    reply = await raw.post(INTENTS, data={**form, "payment_method": "pm_card_riskLevelHighest"})
    assert reply.json()["error"]["decline_code"] == "fraudulent"


async def test_only_a_customers_charge_is_doubted(
    raw: httpx.AsyncClient, marketplace: dict[str, str], creator: str
) -> None:
    await raw.post(INTENTS, data=marketplace)
    (theirs,) = (await raw.get("/v1/charges", headers=acting_for(creator))).json()["data"]
    for path in ("review", "early_fraud_warning"):
        reply = await raw.post(f"/_sandbox/charges/{theirs['id']}/{path}")
        assert (reply.status_code, "is no payment of a customer" in reply.text) == (400, True)
