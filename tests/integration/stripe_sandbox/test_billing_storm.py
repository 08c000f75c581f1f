"""Whatever customers, banks and time do to subscriptions and invoices: the books have what is paid, and no more."""

from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.stripe_sandbox.billing import DAY_S, Form, a_price, get, pass_time, post
from tests.integration.stripe_sandbox.harness import check_books, open_account, sandbox_with

CARDS = (
    "pm_card_visa",
    "pm_card_chargeCustomerFail",
    "pm_card_authenticationRequired",
    "pm_card_createDispute",
    "pm_usBankAccount_success",
    "pm_usBankAccount_insufficientFunds",
    "pm_usBankAccount_processing",
)
BEGIN: tuple[Form, ...] = (
    {},
    {"trial_period_days": "5"},
    {"trial_period_days": "2", "trial_settings[end_behavior][missing_payment_method]": "pause"},
    {"payment_behavior": "default_incomplete"},
    {"collection_method": "send_invoice", "days_until_due": "3"},
    {"cancel_at_period_end": "true"},
    {"items[0][quantity]": "7", "application_fee_percent": "12.5", "transfer_data[destination]": "CREATOR"},
)
SUBSCRIPTION: tuple[tuple[str, Form], ...] = (
    ("", {"items[0][id]": "ITEM", "items[0][quantity]": "3"}),
    ("", {"items[0][id]": "ITEM", "items[0][quantity]": "9", "proration_behavior": "always_invoice"}),
    ("", {"items[0][id]": "ITEM", "items[0][quantity]": "1", "proration_behavior": "always_invoice"}),
    (
        "",
        {
            "items[0][id]": "ITEM",
            "items[0][quantity]": "5",
            "payment_behavior": "pending_if_incomplete",
            "proration_behavior": "always_invoice",
        },
    ),
    ("", {"trial_end": "now"}),
    ("", {"billing_cycle_anchor": "now"}),
    ("", {"pause_collection[behavior]": "void"}),
    ("", {"pause_collection": ""}),
    ("/resume", {}),
    ("DELETE", {"prorate": "true", "invoice_now": "true"}),
)
INVOICE: tuple[tuple[str, Form], ...] = (
    ("/finalize", {}),
    ("/pay", {}),
    ("/pay", {"paid_out_of_band": "true"}),
    ("/void", {}),
    ("/mark_uncollectible", {}),
    ("", {"auto_advance": "true"}),
)
NOTE = ({"amount": "300"}, {"amount": "300", "refund_amount": "300"}, {"amount": "300", "credit_amount": "300"})
WAITS = (1, 3_600, DAY_S, 4 * DAY_S, 9 * DAY_S, 32 * DAY_S)
PICK = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("begin"), st.sampled_from(BEGIN), PICK),
    st.tuples(st.just("card"), st.sampled_from(CARDS), PICK),
    st.tuples(st.just("wait"), st.sampled_from(WAITS), PICK),
    st.tuples(st.just("subscription"), st.sampled_from(SUBSCRIPTION), PICK),
    st.tuples(st.just("invoice"), st.sampled_from(INVOICE), PICK),
    st.tuples(st.just("note"), st.sampled_from(NOTE), PICK),
    st.tuples(st.just("bill"), st.sampled_from((2_500, 30, -400)), PICK),
    st.tuples(st.just("authenticate"), st.sampled_from(("pass", "fail")), PICK),
)
ENDED = ("canceled", "incomplete_expired")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=5, max_size=25))
async def test_what_is_paid_is_in_the_books(steps: list[tuple[str, Any, int]]) -> None:
    async with sandbox_with() as raw:
        creator = await open_account(raw)
        customer = str((await post(raw, "/v1/customers", {"email": "fan@example.com"}))["id"])
        price = await a_price(raw)
        for kind, what, pick in steps:
            await _step(raw, {"CREATOR": creator}, customer, price, kind, what, pick)
            await _check(raw, customer)
        await pass_time(raw, 40 * DAY_S)
        await _check(raw, customer)
        await check_books(raw)
        await check_books(raw, creator)


async def _step(
    raw: httpx.AsyncClient, names: dict[str, str], customer: str, price: str, kind: str, what: Any, pick: int
) -> None:
    """One thing that happens; a refusal is an answer too, a failure of the sandbox is none."""
    if kind == "wait":
        await pass_time(raw, what)
        return
    if kind == "begin":
        form = {"customer": customer, "items[0][price]": price, **what}
        await _try(raw, "/v1/subscriptions", {name: names.get(value, value) for name, value in form.items()})
    elif kind == "card":
        method = (await post(raw, f"/v1/payment_methods/{what}/attach", {"customer": customer}))["id"]
        await post(raw, f"/v1/customers/{customer}", {"invoice_settings[default_payment_method]": method})
    elif kind == "bill":
        await post(raw, "/v1/invoiceitems", {"customer": customer, "amount": str(what), "currency": "usd"})
        await _try(raw, "/v1/invoices", {"customer": customer, "pending_invoice_items_behavior": "include"})
    elif kind == "authenticate":
        intents = (await get(raw, "/v1/payment_intents", limit="100"))["data"]
        for intent in intents:
            if intent["status"] == "requires_action":
                path = f"/_sandbox/payment_intents/{intent['id']}/authenticate"
                assert (await raw.post(path, json={"outcome": what})).status_code == 200
    else:
        await _change(raw, kind, what, pick)


async def _change(raw: httpx.AsyncClient, kind: str, what: Any, pick: int) -> None:
    """Something is done to one of the subscriptions or invoices."""
    path = "/v1/subscriptions" if kind == "subscription" else "/v1/invoices"
    query = {"limit": "100", **({"status": "all"} if kind == "subscription" else {})}
    found = (await get(raw, path, **query))["data"]
    if not found:
        return
    chosen = found[pick % len(found)]
    if kind == "note":
        await _try(raw, "/v1/credit_notes", {"invoice": chosen["id"], **what})
        return
    action, form = what
    if action == "DELETE":
        reply = await raw.request("DELETE", f"{path}/{chosen['id']}", params=form)
        assert reply.status_code < 500, reply.text
        return
    items = chosen["items"]["data"] if kind == "subscription" else [{"id": ""}]
    filled = {name: items[0]["id"] if value == "ITEM" else value for name, value in form.items()}
    await _try(raw, f"{path}/{chosen['id']}{action}", filled)


async def _try(raw: httpx.AsyncClient, path: str, form: dict[str, str]) -> None:
    reply = await raw.post(path, data=form)
    assert reply.status_code < 500, reply.text


async def _check(raw: httpx.AsyncClient, customer: str) -> None:
    """What must hold at every moment."""
    invoices = (await get(raw, "/v1/invoices", limit="100"))["data"]
    payments = (await get(raw, "/v1/invoice_payments", limit="100"))["data"]
    intents = {one["id"]: one for one in (await get(raw, "/v1/payment_intents", limit="100"))["data"]}
    for invoice in invoices:
        assert invoice["total"] == sum(line["amount"] for line in invoice["lines"]["data"])
        assert invoice["amount_remaining"] == (
            0 if invoice["status"] == "paid" else invoice["amount_due"] - invoice["amount_paid"]
        )
        if invoice["status"] == "paid":
            assert invoice["amount_paid"] == invoice["amount_due"]
    by_status = {invoice["id"]: invoice["status"] for invoice in invoices}
    for payment in payments:
        intent = intents[payment["payment"]["payment_intent"]]
        paid = payment["status"] == "paid"
        assert (intent["status"] == "succeeded") == (paid and payment["amount_paid"] > 0)
        assert not paid or (by_status[payment["invoice"]], payment["amount_paid"]) == (
            "paid",
            intent["amount_received"],
        )
    owed = (await get(raw, f"/v1/customers/{customer}/balance_transactions", limit="100"))["data"]
    assert (await get(raw, f"/v1/customers/{customer}"))["balance"] == sum(one["amount"] for one in owed)
    now = (await get(raw, "/_sandbox/clock"))["now"]
    for subscription in (await get(raw, "/v1/subscriptions", limit="100", status="all"))["data"]:
        if subscription["status"] in ("active", "past_due", "trialing"):
            assert all(item["current_period_end"] > now for item in subscription["items"]["data"])
        assert (subscription["ended_at"] is not None) == (subscription["status"] in ENDED)
