"""The shapes of objects: what this API version has, and what it has no longer."""

from typing import Any

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import a_customer, a_price, subscribe

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
    "/v1/accounts": {
        "has": {
            "business_profile",
            "business_type",
            "capabilities",
            "charges_enabled",
            "controller",
            "country",
            "default_currency",
            "details_submitted",
            "email",
            "external_accounts",
            "future_requirements",
            "metadata",
            "payouts_enabled",
            "requirements",
            "settings",
            "tos_acceptance",
            "type",
        },
        "has_not": {"individual", "company", "legal_entity", "verification"},
    },
    "/v1/transfers": {
        "has": {
            "amount",
            "amount_reversed",
            "balance_transaction",
            "currency",
            "description",
            "destination",
            "destination_payment",
            "livemode",
            "metadata",
            "reversals",
            "reversed",
            "source_transaction",
            "source_type",
            "transfer_group",
        },
        "has_not": {"status", "date", "bank_account"},
    },
    "/v1/application_fees": {
        "has": {
            "account",
            "amount",
            "amount_refunded",
            "application",
            "balance_transaction",
            "charge",
            "currency",
            "fee_source",
            "livemode",
            "originating_transaction",
            "refunded",
            "refunds",
        },
        "has_not": {"user", "metadata"},
    },
    "/v1/refunds": {
        "has": {
            "balance_transaction",
            "charge",
            "destination_details",
            "reason",
            "transfer_reversal",
            "source_transfer_reversal",
        },
        "has_not": {"failure_reason", "failure_balance_transaction"},
    },
    "/v1/disputes": {
        "has": {
            "amount",
            "balance_transactions",
            "charge",
            "currency",
            "enhanced_eligibility_types",
            "evidence",
            "evidence_details",
            "is_charge_refundable",
            "livemode",
            "metadata",
            "payment_intent",
            "payment_method_details",
            "reason",
            "status",
        },
        "has_not": {"balance_transaction", "network_details"},
    },
    "/v1/payouts": {
        "has": {
            "amount",
            "application_fee",
            "application_fee_amount",
            "arrival_date",
            "automatic",
            "balance_transaction",
            "currency",
            "description",
            "destination",
            "failure_balance_transaction",
            "failure_code",
            "failure_message",
            "livemode",
            "metadata",
            "method",
            "original_payout",
            "payout_method",
            "reconciliation_status",
            "reversed_by",
            "source_type",
            "statement_descriptor",
            "status",
            "trace_id",
            "type",
        },
        "has_not": {"bank_account", "date", "source_transaction"},
    },
    "/v1/topups": {
        "has": {
            "amount",
            "balance_transaction",
            "currency",
            "description",
            "expected_availability_date",
            "failure_code",
            "failure_message",
            "initiated_by",
            "livemode",
            "metadata",
            "payment_method",
            "source",
            "statement_descriptor",
            "status",
            "transfer_group",
        },
        "has_not": {"arrival_date"},
    },
    "/v1/reviews": {
        "has": {
            "billing_zip",
            "charge",
            "closed_reason",
            "ip_address",
            "ip_address_location",
            "livemode",
            "open",
            "opened_reason",
            "payment_intent",
            "reason",
            "session",
        },
        "has_not": {"fraud_type"},
    },
    "/v1/events": {"has": {"api_version", "data", "pending_webhooks", "request"}, "has_not": {"account", "user_id"}},
    "/v1/customers": {"has": {"invoice_settings", "tax_exempt", "balance"}, "has_not": {"sources", "subscriptions"}},
    "/v1/checkout/sessions": {
        "has": {
            "mode",
            "payment_status",
            "status",
            "ui_mode",
            "url",
            "expires_at",
            "customer_details",
            "total_details",
        },
        "has_not": {"line_items", "display_items", "subscription_data"},
    },
    "/v1/products": {
        "has": {"active", "default_price", "marketing_features", "updated"},
        "has_not": {"attributes", "skus"},
    },
    "/v1/prices": {
        "has": {"recurring", "unit_amount_decimal", "lookup_key", "tax_behavior", "custom_unit_amount"},
        "has_not": {"tiers", "currency_options", "amount"},
    },
    "/v1/subscriptions": {
        "has": {"items", "billing_mode", "latest_invoice", "pending_update", "trial_settings", "pause_collection"},
        "has_not": {"current_period_end", "current_period_start", "plan", "quantity", "discount"},
    },
    "/v1/invoices": {
        "has": {"parent", "lines", "status_transitions", "starting_balance", "next_payment_attempt", "total_taxes"},
        "has_not": {"charge", "payment_intent", "paid", "payments", "tax", "subscription_details"},
    },
    "/v1/invoice_payments": {
        "has": {"amount_requested", "invoice", "is_default", "payment", "status", "status_transitions"},
        "has_not": {"charge", "payment_intent"},
    },
    "/v1/setup_intents": {
        "has": {"latest_attempt", "last_setup_error", "usage", "mandate", "payment_method_types"},
        "has_not": {"amount", "latest_charge"},
    },
    "/v1/webhook_endpoints": {"has": {"enabled_events", "status", "application"}, "has_not": {"secret"}},
}


@pytest.fixture
async def filled(raw: httpx.AsyncClient, marketplace: dict[str, str]) -> httpx.AsyncClient:
    """One object of each sort."""
    at_once = {**marketplace, "payment_method": "pm_card_bypassPending"}
    intent = (await raw.post("/v1/payment_intents", data=at_once)).json()
    await raw.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "100"})
    await raw.post("/v1/payouts", data={"amount": "100", "currency": "usd"})
    await raw.post(f"/_sandbox/charges/{intent['latest_charge']}/dispute", json={"amount": 100})
    await raw.post(f"/_sandbox/charges/{intent['latest_charge']}/review")
    await raw.post("/v1/topups", data={"amount": "100", "currency": "usd"})
    await raw.post("/v1/setup_intents")
    await raw.post("/v1/checkout/sessions", data={"mode": "setup", "success_url": "https://shop.example/"})
    await subscribe(raw, await a_customer(raw), await a_price(raw), payment_behavior="default_incomplete")
    await raw.post("/v1/webhook_endpoints", data={"url": "http://127.0.0.1:1/", "enabled_events[]": "none.such"})
    return raw


@pytest.mark.parametrize("path", SHAPES)
async def test_an_object_has_the_fields_of_its_version(filled: httpx.AsyncClient, path: str) -> None:
    page = (await filled.get(path, params={"limit": "100"})).json()
    assert (page["object"], page["url"], page["has_more"]) == ("list", path, False)
    shown: dict[str, Any] = page["data"][0]
    assert SHAPES[path]["has"] | {"id", "object", "created"} <= shown.keys()
    assert not SHAPES[path]["has_not"] & shown.keys()
    kind = path.removeprefix("/v1/").removesuffix("s").replace("/", ".")
    assert shown["object"] == kind
    assert shown.get("livemode", False) is False
    again = (await filled.get(f"{path}/{shown['id']}")).json()
    assert again == shown


SUBORDINATE = {
    "/v1/transfers": (
        "reversals",
        "transfer_reversal",
        {
            "amount",
            "balance_transaction",
            "currency",
            "destination_payment_refund",
            "metadata",
            "source_refund",
            "transfer",
        },
    ),
    "/v1/application_fees": (
        "refunds",
        "fee_refund",
        {"amount", "balance_transaction", "currency", "fee", "metadata"},
    ),
}


@pytest.mark.parametrize("path", SUBORDINATE)
async def test_what_belongs_to_an_object_is_shown_in_it(filled: httpx.AsyncClient, path: str) -> None:
    (owner,) = (await filled.get(path)).json()["data"]
    name, kind, fields = SUBORDINATE[path]
    assert owner[name] == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"{path}/{owner['id']}/{name}",
    }
    made = [(await filled.post(owner[name]["url"], data={"amount": "1"})).json() for _ in range(11)]
    assert made[0].keys() == fields | {"id", "object", "created"}
    assert made[0]["object"] == kind
    shown = (await filled.get(f"{path}/{owner['id']}")).json()[name]
    assert (shown["data"], shown["has_more"]) == (made[:0:-1], True)


async def test_a_payment_on_the_other_side_is_a_charge_like_any_other(filled: httpx.AsyncClient, creator: str) -> None:
    (ours,) = (await filled.get("/v1/charges")).json()["data"]
    (theirs,) = (await filled.get("/v1/charges", headers={"stripe-account": creator})).json()["data"]
    assert theirs.keys() == ours.keys() - {"transfer"}
    assert theirs["payment_method_details"] == {"stripe_account": {}, "type": "stripe_account"}
    assert (theirs["payment_intent"], theirs["customer"], theirs["captured"]) == (None, None, True)


async def test_a_capability_is_told_as_an_object(filled: httpx.AsyncClient, creator: str) -> None:
    query = {"type": "capability.updated", "limit": "1"}
    (event,) = (await filled.get("/v1/events", params=query, headers={"stripe-account": creator})).json()["data"]
    shown = event["data"]["object"]
    assert shown.keys() == {
        "id",
        "object",
        "account",
        "future_requirements",
        "requested",
        "requested_at",
        "requirements",
        "status",
    }
    assert (shown["object"], shown["account"], shown["requested"]) == ("capability", creator, True)
