"""Saving payment methods: setup intents, what customers and banks do to cards, mandates."""

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import a_customer, events_since, get, post
from tests.integration.stripe_sandbox.harness import types_of_events

NEVER_REDIRECT = {
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "never",
}
SAVE = {**NEVER_REDIRECT, "payment_method": "pm_card_visa", "confirm": "true"}


async def test_a_confirmed_setup_keeps_the_card_with_the_customer(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    saved = await post(raw, "/v1/setup_intents", {**SAVE, "customer": customer, "expand[]": "latest_attempt"})
    assert (saved["status"], saved["usage"], saved["latest_attempt"]["status"]) == (
        "succeeded",
        "off_session",
        "succeeded",
    )
    assert (await get(raw, f"/v1/payment_methods/{saved['payment_method']}"))["customer"] == customer
    assert await types_of_events(raw) == [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    await post(raw, f"/v1/setup_intents/{saved['id']}/confirm", {"payment_method": "pm_card_visa"}, 400)
    await post(raw, f"/v1/setup_intents/{saved['id']}/cancel", status=400)


async def test_a_declined_card_is_not_kept(raw: httpx.AsyncClient) -> None:
    form = {**SAVE, "payment_method": "pm_card_chargeDeclined"}
    declined = await post(raw, "/v1/setup_intents", form, 402)
    assert declined["error"]["code"] == "card_declined"
    intent = declined["error"]["setup_intent"]
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert intent["last_setup_error"]["code"] == "card_declined"
    assert (await types_of_events(raw))[-1] == "setup_intent.setup_failed"
    attempts = (await get(raw, "/v1/setup_attempts", setup_intent=intent["id"]))["data"]
    assert [one["status"] for one in attempts] == ["failed"]


@pytest.mark.parametrize(
    ("outcome", "status", "event"),
    [
        ("pass", "succeeded", "setup_intent.succeeded"),
        ("fail", "requires_payment_method", "setup_intent.setup_failed"),
    ],
)
async def test_the_customer_answers_the_bank(raw: httpx.AsyncClient, outcome: str, status: str, event: str) -> None:
    form = {**SAVE, "payment_method": "pm_card_authenticationRequired", "return_url": "https://shop.example/back"}
    intent = await post(raw, "/v1/setup_intents", form)
    assert intent["status"] == "requires_action"
    url = httpx.URL(intent["next_action"]["redirect_to_url"]["url"]).copy_add_param("outcome", outcome)
    back = await raw.get(url)
    assert (back.status_code, httpx.URL(back.headers["location"]).params["setup_intent"]) == (303, intent["id"])
    assert (await get(raw, f"/v1/setup_intents/{intent['id']}"))["status"] == status
    assert (await types_of_events(raw))[-2:] == ["setup_intent.requires_action", event]


async def test_a_setup_may_wait_and_be_given_up(raw: httpx.AsyncClient) -> None:
    intent = await post(raw, "/v1/setup_intents", {"description": "later"})
    path = f"/v1/setup_intents/{intent['id']}"
    assert intent["status"] == "requires_payment_method"
    assert (await post(raw, path, {"payment_method": "pm_card_visa"}))["status"] == "requires_confirmation"
    await post(raw, f"{path}/confirm", status=400)
    assert (await post(raw, f"{path}/cancel"))["status"] == "canceled"
    await post(raw, path, {"description": "too late"}, 400)


async def test_types_of_methods_are_for_the_older_version_only(raw: httpx.AsyncClient) -> None:
    form = {"payment_method_types[]": "card"}
    refused = await post(raw, "/v1/setup_intents", form, 400)
    assert refused["error"]["code"] == "parameter_unknown"
    older = await raw.post("/v1/setup_intents", data=form, headers={"stripe-version": "2025-03-31.basil"})
    assert older.json()["payment_method_types"] == ["card"]


async def test_a_saved_card_changes_by_hand_and_by_itself(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    (method,) = (await get(raw, "/v1/payment_methods", customer=customer))["data"]
    path = f"/v1/payment_methods/{method['id']}"
    seen = await types_of_events(raw)
    changed = await post(raw, path, {"card[exp_year]": "2040", "billing_details[name]": "Jo"})
    assert (changed["card"]["exp_year"], changed["card"]["last4"], changed["billing_details"]["name"]) == (
        2_040,
        "4242",
        "Jo",
    )
    await post(raw, path, {"card[exp_year]": "2040"})
    reissued = await raw.post(f"/_sandbox{path.removeprefix('/v1')}/automatically_update", json={"last4": "1111"})
    assert reissued.json()["card"]["last4"] == "1111"
    await post(raw, f"{path}/detach")
    assert await events_since(raw, seen) == [
        "payment_method.updated",
        "payment_method.automatically_updated",
        "payment_method.detached",
    ]
    shown = await get(raw, f"/v1/customers/{customer}")
    assert shown["invoice_settings"]["default_payment_method"] is None


async def test_a_card_that_the_bank_declines_at_once_is_not_attached(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    refused = await post(raw, "/v1/payment_methods/pm_card_chargeDeclined/attach", {"customer": customer}, 402)
    assert refused["error"]["decline_code"] == "generic_decline"
    await post(raw, "/v1/customers", {"payment_method": "pm_card_chargeDeclined"}, 402)
    assert len((await get(raw, "/v1/customers"))["data"]) == 1
    await post(raw, "/v1/payment_methods/pm_card_chargeCustomerFail/attach", {"customer": customer})


async def test_a_mandate_ends_with_its_payment_method(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    consent = {"mandate_data[customer_acceptance][type]": "offline"}
    saved = await post(raw, "/v1/setup_intents", {**SAVE, **consent, "customer": customer, "expand[]": "mandate"})
    mandate = saved["mandate"]
    assert (mandate["status"], mandate["payment_method"]) == ("active", saved["payment_method"])
    await post(raw, f"/v1/payment_methods/{saved['payment_method']}/detach")
    assert (await get(raw, f"/v1/mandates/{mandate['id']}"))["status"] == "inactive"
    assert (await types_of_events(raw))[-2:] == ["mandate.updated", "payment_method.detached"]


async def test_customers_are_searched_and_the_deleted_are_not_found(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    query = {"query": "email:'fan@example.com'"}
    assert [one["id"] for one in (await get(raw, "/v1/customers/search", **query))["data"]] == [customer]
    (await raw.delete(f"/v1/customers/{customer}")).raise_for_status()
    assert (await get(raw, "/v1/customers/search", **query))["data"] == []
