"""Subscriptions: begun, renewed by the clock, changed, paused, failing, ended; each invoice is money in the books."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import (
    DAY_S,
    a_customer,
    a_price,
    events_since,
    get,
    pass_time,
    post,
    subscribe,
)
from tests.integration.stripe_sandbox.harness import check_books, figures, open_account, sandbox_with, types_of_events

MONTH_S = 31 * DAY_S
HOUR_S = 3_600


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def test_the_first_period_is_paid_at_once(raw: httpx.AsyncClient) -> None:
    customer, price = await a_customer(raw), await a_price(raw)
    seen = await types_of_events(raw)
    subscription = await subscribe(raw, customer, price, **{"items[0][quantity]": "3", "metadata[order]": "7"})
    assert (subscription["status"], subscription["currency"], subscription["metadata"]) == (
        "active",
        "usd",
        {"order": "7"},
    )
    assert "current_period_end" not in subscription
    (item,) = subscription["items"]["data"]
    assert (item["price"]["id"], item["plan"]["id"], item["quantity"]) == (price, price, 3)
    assert 28 * DAY_S <= item["current_period_end"] - item["current_period_start"] <= 31 * DAY_S
    invoice = await get(raw, f"/v1/invoices/{subscription['latest_invoice']}", **{"expand[]": "payments"})
    assert (invoice["status"], invoice["amount_paid"], invoice["amount_remaining"]) == ("paid", 3_000, 0)
    assert invoice["billing_reason"] == "subscription_create"
    details = {"metadata": {"order": "7"}, "subscription": subscription["id"]}
    assert invoice["parent"] == {
        "quote_details": None,
        "subscription_details": details,
        "type": "subscription_details",
    }
    assert not invoice.keys() & {"charge", "payment_intent", "paid"}
    (payment,) = invoice["payments"]["data"]
    intent = await get(raw, f"/v1/payment_intents/{payment['payment']['payment_intent']}")
    assert (intent["status"], intent["amount_received"], intent["customer"]) == ("succeeded", 3_000, customer)
    (line,) = invoice["lines"]["data"]
    assert line["period"] == {"end": item["current_period_end"], "start": item["current_period_start"]}
    assert line["pricing"]["price_details"]["price"] == price
    assert line["parent"]["subscription_item_details"]["subscription_item"] == item["id"]
    happened = await events_since(raw, seen)
    assert happened[:3] == ["customer.subscription.created", "invoice.created", "payment_intent.created"]
    assert {
        "charge.succeeded",
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "payment_intent.succeeded",
    } <= set(happened)
    await pass_time(raw, 1)
    assert await figures(raw) == [("charge", 3_000, 117, 2_883, "ch")]


async def test_a_period_follows_the_other_and_each_is_billed_an_hour_after_it_begins(raw: httpx.AsyncClient) -> None:
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw))
    (item,) = subscription["items"]["data"]
    seen = await types_of_events(raw)
    await pass_time(raw, item["current_period_end"] - item["current_period_start"] - 6 * DAY_S)
    assert "invoice.upcoming" in await events_since(raw, seen)
    (upcoming,) = (await get(raw, "/v1/events", type="invoice.upcoming"))["data"]
    assert "id" not in upcoming["data"]["object"]
    assert upcoming["data"]["object"]["amount_due"] == 1_000
    await pass_time(raw, 6 * DAY_S)
    renewed = await get(raw, f"/v1/subscriptions/{subscription['id']}")
    (after,) = renewed["items"]["data"]
    assert after["current_period_start"] == item["current_period_end"]
    draft = await get(raw, f"/v1/invoices/{renewed['latest_invoice']}")
    assert (draft["status"], draft["billing_reason"], draft["amount_due"]) == ("draft", "subscription_cycle", 1_000)
    assert (draft["period_start"], draft["period_end"]) == (item["current_period_start"], item["current_period_end"])
    await pass_time(raw, HOUR_S)
    assert (await get(raw, f"/v1/invoices/{draft['id']}"))["status"] == "paid"
    await pass_time(raw, 1)
    assert len([one for one in await check_books(raw) if one["type"] == "charge"]) == 2


async def test_what_is_never_paid_is_tried_again_and_then_canceled(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    subscription = await subscribe(raw, customer, await a_price(raw))
    failing = await post(raw, "/v1/payment_methods/pm_card_chargeCustomerFail/attach", {"customer": customer})
    form = {"default_payment_method": failing["id"]}
    await post(raw, f"/v1/subscriptions/{subscription['id']}", form)
    await pass_time(raw, MONTH_S + 2 * HOUR_S)
    late = await get(raw, f"/v1/subscriptions/{subscription['id']}")
    invoice = await get(raw, f"/v1/invoices/{late['latest_invoice']}")
    assert (late["status"], invoice["status"], invoice["attempt_count"]) == ("past_due", "open", 1)
    assert invoice["next_payment_attempt"] is not None
    await pass_time(raw, 16 * DAY_S)
    ended = await get(raw, f"/v1/subscriptions/{subscription['id']}")
    assert (ended["status"], ended["cancellation_details"]["reason"]) == ("canceled", "payment_failed")
    assert (await get(raw, f"/v1/invoices/{invoice['id']}"))["attempt_count"] == 4
    happened = await types_of_events(raw)
    assert happened.count("invoice.payment_failed") == 4
    assert happened[-1] == "customer.subscription.deleted"


async def test_a_late_payment_makes_the_subscription_active_again(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw, "pm_card_chargeCustomerFail")
    subscription = await subscribe(raw, customer, await a_price(raw))
    assert subscription["status"] == "incomplete"
    method = await post(raw, "/v1/payment_methods/pm_card_visa/attach", {"customer": customer})
    paid = await post(raw, f"/v1/invoices/{subscription['latest_invoice']}/pay", {"payment_method": method["id"]})
    assert paid["status"] == "paid"
    assert (await get(raw, f"/v1/subscriptions/{subscription['id']}"))["status"] == "active"


async def test_a_first_invoice_that_nobody_pays_ends_the_subscription_within_a_day(raw: httpx.AsyncClient) -> None:
    form = {"payment_behavior": "default_incomplete", "expand[]": "latest_invoice.confirmation_secret"}
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw), **form)
    assert subscription["status"] == "incomplete"
    assert subscription["latest_invoice"]["confirmation_secret"]["client_secret"].startswith("pi_")
    await pass_time(raw, DAY_S)
    assert (await get(raw, f"/v1/subscriptions/{subscription['id']}"))["status"] == "incomplete_expired"
    invoice = await get(raw, f"/v1/invoices/{subscription['latest_invoice']['id']}")
    assert invoice["status"] == "void"
    assert await check_books(raw) == []


async def test_the_customer_confirms_the_first_payment_and_the_card_is_kept(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    form = {
        "payment_behavior": "default_incomplete",
        "payment_settings[save_default_payment_method]": "on_subscription",
        "expand[]": "latest_invoice.payments",
    }
    subscription = await subscribe(raw, customer, await a_price(raw), **form)
    intent = subscription["latest_invoice"]["payments"]["data"][0]["payment"]["payment_intent"]
    pending = await post(
        raw, f"/v1/payment_intents/{intent}/confirm", {"payment_method": "pm_card_authenticationRequired"}
    )
    assert pending["status"] == "requires_action"
    assert (await get(raw, f"/v1/subscriptions/{subscription['id']}"))["status"] == "incomplete"
    (await raw.post(f"/_sandbox/payment_intents/{intent}/authenticate", json={})).raise_for_status()
    active = await get(raw, f"/v1/subscriptions/{subscription['id']}")
    assert active["status"] == "active"
    method = await get(raw, f"/v1/payment_methods/{active['default_payment_method']}")
    assert method["customer"] == customer


async def test_with_error_if_incomplete_a_declined_card_leaves_nothing_behind(raw: httpx.AsyncClient) -> None:
    customer, price = await a_customer(raw, "pm_card_chargeCustomerFail"), await a_price(raw)
    form = {"customer": customer, "items[0][price]": price, "payment_behavior": "error_if_incomplete"}
    refused = await post(raw, "/v1/subscriptions", form, 402)
    assert refused["error"]["code"] == "card_declined"
    assert (await get(raw, "/v1/subscriptions", status="all"))["data"] == []


async def test_a_trial_costs_nothing_warns_and_then_is_billed(raw: httpx.AsyncClient) -> None:
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw), trial_period_days="10")
    assert (subscription["status"], subscription["trial_end"] - subscription["trial_start"]) == (
        "trialing",
        10 * DAY_S,
    )
    first = await get(raw, f"/v1/invoices/{subscription['latest_invoice']}")
    assert (first["status"], first["total"]) == ("paid", 0)
    await pass_time(raw, 8 * DAY_S)
    assert (await types_of_events(raw))[-1] == "customer.subscription.trial_will_end"
    await pass_time(raw, 2 * DAY_S + HOUR_S)
    after = await get(raw, f"/v1/subscriptions/{subscription['id']}")
    assert (after["status"], after["billing_cycle_anchor"]) == ("active", subscription["trial_end"])
    assert (await get(raw, f"/v1/invoices/{after['latest_invoice']}"))["amount_paid"] == 1_000


@pytest.mark.parametrize(("wanted", "status"), [("pause", "paused"), ("cancel", "canceled")])
async def test_without_a_card_a_trial_ends_as_was_agreed(raw: httpx.AsyncClient, wanted: str, status: str) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    form = {"trial_period_days": "7", "trial_settings[end_behavior][missing_payment_method]": wanted}
    subscription = await subscribe(raw, customer, await a_price(raw), **form)
    await pass_time(raw, 7 * DAY_S)
    assert (await get(raw, f"/v1/subscriptions/{subscription['id']}"))["status"] == status


async def test_a_paused_subscription_resumes_once_it_is_paid(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    form = {"trial_period_days": "7", "trial_settings[end_behavior][missing_payment_method]": "pause"}
    subscription = await subscribe(raw, customer, await a_price(raw), **form)
    path = f"/v1/subscriptions/{subscription['id']}"
    await post(raw, path, {"trial_end": "now"})
    await post(raw, f"{path}/resume", status=400)
    method = await post(raw, "/v1/payment_methods/pm_card_visa/attach", {"customer": customer})
    await post(raw, path, {"default_payment_method": method["id"]})
    resumed = await post(raw, f"{path}/resume")
    assert resumed["status"] == "active"
    happened = await types_of_events(raw)
    assert {"customer.subscription.paused", "customer.subscription.resumed"} <= set(happened)


async def test_a_dearer_price_is_prorated_to_the_second(raw: httpx.AsyncClient) -> None:
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw))
    (item,) = subscription["items"]["data"]
    start, end = item["current_period_start"], item["current_period_end"]
    half = start + (end - start) // 2
    form = {
        "items[0][id]": item["id"],
        "items[0][price]": await a_price(raw, 3_000),
        "proration_behavior": "always_invoice",
        "proration_date": str(half),
    }
    changed = await post(raw, f"/v1/subscriptions/{subscription['id']}", form)
    invoice = await get(raw, f"/v1/invoices/{changed['latest_invoice']}")
    assert [line["amount"] for line in invoice["lines"]["data"]] == [-500, 1_500]
    assert (invoice["status"], invoice["amount_paid"], invoice["billing_reason"]) == (
        "paid",
        1_000,
        "subscription_update",
    )
    assert changed["items"]["data"][0]["current_period_end"] == end


async def test_by_default_prorations_wait_for_the_next_invoice(raw: httpx.AsyncClient) -> None:
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw))
    (item,) = subscription["items"]["data"]
    start = item["current_period_start"]
    form = {"items[0][id]": item["id"], "items[0][quantity]": "2", "proration_date": str(start)}
    changed = await post(raw, f"/v1/subscriptions/{subscription['id']}", form)
    assert changed["latest_invoice"] == subscription["latest_invoice"]
    pending = (await get(raw, "/v1/invoiceitems", pending="true"))["data"]
    assert [one["amount"] for one in pending] == [2_000, -1_000]
    await pass_time(raw, item["current_period_end"] - start)
    renewed = await get(raw, f"/v1/subscriptions/{subscription['id']}")
    assert (await get(raw, f"/v1/invoices/{renewed['latest_invoice']}"))["total"] == 3_000


@pytest.mark.parametrize("pays", [True, False])
async def test_a_pending_update_takes_effect_when_it_is_paid_or_expires(raw: httpx.AsyncClient, pays: bool) -> None:
    customer = await a_customer(raw)
    subscription = await subscribe(raw, customer, await a_price(raw))
    path = f"/v1/subscriptions/{subscription['id']}"
    failing = await post(raw, "/v1/payment_methods/pm_card_chargeCustomerFail/attach", {"customer": customer})
    await post(raw, path, {"default_payment_method": failing["id"]})
    form = {
        "items[0][id]": subscription["items"]["data"][0]["id"],
        "items[0][quantity]": "2",
        "payment_behavior": "pending_if_incomplete",
        "proration_behavior": "always_invoice",
    }
    held = await post(raw, path, form)
    assert held["pending_update"]["subscription_items"][0]["quantity"] == 2
    assert (held["status"], held["items"]["data"][0]["quantity"]) == ("active", 1)
    if pays:
        method = await post(raw, "/v1/payment_methods/pm_card_visa/attach", {"customer": customer})
        await post(raw, f"/v1/invoices/{held['latest_invoice']}/pay", {"payment_method": method["id"]})
    else:
        await pass_time(raw, DAY_S)
    after = await get(raw, path)
    assert (after["pending_update"], after["items"]["data"][0]["quantity"]) == (None, 2 if pays else 1)
    outcome = "applied" if pays else "expired"
    assert f"customer.subscription.pending_update_{outcome}" in await types_of_events(raw)


async def test_a_pending_update_waits_for_a_bank_that_has_not_answered(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    subscription = await subscribe(raw, customer, await a_price(raw))
    path = f"/v1/subscriptions/{subscription['id']}"
    bank = await post(raw, "/v1/payment_methods/pm_usBankAccount_processing/attach", {"customer": customer})
    form = {
        "items[0][id]": subscription["items"]["data"][0]["id"],
        "items[0][quantity]": "2",
        "payment_behavior": "pending_if_incomplete",
        "proration_behavior": "always_invoice",
    }
    await post(raw, path, {"default_payment_method": bank["id"]})
    held = await post(raw, path, form)
    await pass_time(raw, 3 * DAY_S)
    after = await get(raw, path)
    assert (after["pending_update"], after["latest_invoice"]) == (held["pending_update"], held["latest_invoice"])
    assert (await get(raw, f"/v1/invoices/{held['latest_invoice']}"))["status"] == "open"


async def test_it_ends_at_the_end_of_its_period_if_so_agreed(raw: httpx.AsyncClient) -> None:
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw))
    path = f"/v1/subscriptions/{subscription['id']}"
    assert (await post(raw, path, {"cancel_at_period_end": "true"}))["status"] == "active"
    await pass_time(raw, MONTH_S)
    assert (await get(raw, path))["status"] == "canceled"
    assert len((await get(raw, "/v1/invoices"))["data"]) == 1
    await post(raw, path, {"quantity": "1"}, 400)
    assert (await raw.delete(path)).status_code == 400


@pytest.mark.parametrize(
    ("behavior", "status"), [("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible"), ("void", "void")]
)
async def test_while_collection_is_paused_nothing_is_charged(
    raw: httpx.AsyncClient, behavior: str, status: str
) -> None:
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw))
    path = f"/v1/subscriptions/{subscription['id']}"
    await post(raw, path, {"pause_collection[behavior]": behavior})
    await pass_time(raw, MONTH_S + HOUR_S)
    renewed = await get(raw, path)
    assert (await get(raw, f"/v1/invoices/{renewed['latest_invoice']}"))["status"] == status
    assert len(await check_books(raw)) == 1


async def test_an_invoice_can_be_sent_instead_and_becomes_overdue(raw: httpx.AsyncClient) -> None:
    form = {"collection_method": "send_invoice", "days_until_due": "5"}
    subscription = await subscribe(raw, await a_customer(raw), await a_price(raw), **form)
    assert subscription["status"] == "active"
    await pass_time(raw, HOUR_S)
    invoice = await get(raw, f"/v1/invoices/{subscription['latest_invoice']}")
    assert (invoice["status"], invoice["attempted"]) == ("open", False)
    await pass_time(raw, 6 * DAY_S)
    happened = await types_of_events(raw)
    assert {"invoice.sent", "invoice.overdue"} <= set(happened)


async def test_a_creator_gets_their_part_of_each_payment(raw: httpx.AsyncClient) -> None:
    creator = await open_account(raw)
    form = {"transfer_data[destination]": creator, "application_fee_percent": "12.5"}
    await subscribe(raw, await a_customer(raw), await a_price(raw, 1_999), **form)
    await pass_time(raw, 1)
    assert [one[:2] for one in await figures(raw, creator)] == [("payment", 1_999)]
    assert ("application_fee", 250) in [one[:2] for one in await figures(raw)]
    await check_books(raw)
    await check_books(raw, creator)


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"trial_period_days": "1", "trial_end": "99999999999"}, "trial_end"),
        ({"days_until_due": "3"}, "days_until_due"),
        ({"cancel_at": "1"}, "cancel_at"),
        ({"items[1][price]": "price_none"}, "items[1][price]"),
        ({"application_fee_percent": "101"}, "application_fee_percent"),
        ({"application_fee_percent": "1.234"}, "application_fee_percent"),
        ({"payment_method_types[]": "card"}, "payment_method_types"),
        ({"default_payment_method": "pm_none"}, "default_payment_method"),
    ],
)
async def test_what_does_not_go_together_is_refused(raw: httpx.AsyncClient, form: dict[str, str], param: str) -> None:
    whole = {"customer": await a_customer(raw), "items[0][price]": await a_price(raw), **form}
    refused = await post(raw, "/v1/subscriptions", whole, 400)
    assert refused["error"]["param"] == param
    assert (await get(raw, "/v1/subscriptions", status="all"))["data"] == []


async def test_a_deleted_customers_subscriptions_end(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    subscription = await subscribe(raw, customer, await a_price(raw))
    (await raw.delete(f"/v1/customers/{customer}")).raise_for_status()
    assert (await get(raw, f"/v1/subscriptions/{subscription['id']}"))["status"] == "canceled"
    await pass_time(raw, 2 * MONTH_S)
    assert len((await get(raw, "/v1/invoices"))["data"]) == 1
