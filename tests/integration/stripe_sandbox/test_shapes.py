"""The shapes of objects: what this API version has, and what it has no longer."""

from typing import Any

import httpx
import pytest

SHAPES = {
    "/v1/payment_intents": {
        "has": {"latest_charge", "payment_method_types", "client_secret", "automatic_payment_methods", "next_action"},
        "has_not": {"charges", "invoice", "source_types"},
    },
    "/v1/charges": {
        "has": {"balance_transaction", "outcome", "payment_method_details", "billing_details", "fraud_details"},
        "has_not": {"refunds", "invoice", "dispute", "order"},
    },
    "/v1/balance_transactions": {
        "has": {"available_on", "balance_type", "exchange_rate", "fee_details", "reporting_category", "source"},
        "has_not": {"sourced_transfers", "automatic_transfer"},
    },
    "/v1/refunds": {"has": {"balance_transaction", "charge", "destination_details", "reason"}, "has_not": set()},
    "/v1/events": {"has": {"api_version", "data", "pending_webhooks", "request"}, "has_not": {"account", "user_id"}},
    "/v1/customers": {"has": {"invoice_settings", "tax_exempt", "balance"}, "has_not": {"sources", "subscriptions"}},
    "/v1/webhook_endpoints": {"has": {"enabled_events", "status", "application"}, "has_not": {"secret"}},
}


@pytest.fixture
async def filled(raw: httpx.AsyncClient, form: dict[str, str]) -> httpx.AsyncClient:
    """One object of each sort."""
    intent = (await raw.post("/v1/payment_intents", data=form)).json()
    await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "100"})
    await raw.post("/v1/customers")
    await raw.post("/v1/webhook_endpoints", data={"url": "http://127.0.0.1:1/", "enabled_events[]": "none.such"})
    return raw


@pytest.mark.parametrize("path", SHAPES)
async def test_an_object_has_the_fields_of_its_version(filled: httpx.AsyncClient, path: str) -> None:
    page = (await filled.get(path)).json()
    assert (page["object"], page["url"], page["has_more"]) == ("list", path, False)
    shown: dict[str, Any] = page["data"][0]
    assert SHAPES[path]["has"] | {"id", "object", "created"} <= shown.keys()
    assert not SHAPES[path]["has_not"] & shown.keys()
    kind = path.removeprefix("/v1/").removesuffix("s")
    assert shown["object"] == kind
    assert shown.get("livemode", False) is False
    again = (await filled.get(f"{path}/{shown['id']}")).json()
    assert again == shown
