"""Checkout sessions: paid, subscribed, set up, declined, expired, and debits whose answer comes days later."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import DAY_S, Form, a_price, events_since, get, pass_time, post
from tests.integration.stripe_sandbox.harness import check_books, open_account, sandbox_with, types_of_events

SONG = {
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "1500",
    "line_items[0][price_data][product_data][name]": "Song",
    "line_items[0][quantity]": "2",
}
PAGE = {"success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"}


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def a_session(raw: httpx.AsyncClient, form: Form, mode: str = "payment") -> str:
    """An open session's path."""
    return "/v1/checkout/sessions/" + str(
        (await post(raw, "/v1/checkout/sessions", {"mode": mode, **PAGE, **form}))["id"]
    )


async def fill_in(raw: httpx.AsyncClient, path: str, method: str = "pm_card_visa") -> httpx.Response:
    """The customer pays with a test payment method."""
    return await raw.post(f"/_sandbox{path.removeprefix('/v1')}/complete", json={"payment_method": method})


async def test_a_paid_session_completes_with_its_payment(raw: httpx.AsyncClient) -> None:
    creator = await open_account(raw)
    order = {
        "payment_intent_data[application_fee_amount]": "300",
        "payment_intent_data[transfer_data][destination]": creator,
        "payment_intent_data[metadata][order]": "7",
        "customer_creation": "always",
    }
    path = await a_session(raw, {**SONG, **order})
    opened = await get(raw, path, **{"expand[]": "line_items"})
    assert (opened["status"], opened["payment_status"], opened["amount_total"]) == ("open", "unpaid", 3_000)
    assert (opened["payment_intent"], opened["ui_mode"]) == (None, "hosted_page")
    assert [line["amount_total"] for line in opened["line_items"]["data"]] == [3_000]
    back = await raw.get(opened["url"])
    assert back.headers["location"] == f"https://shop.example/thanks?session={opened['id']}"
    paid = await get(raw, path, **{"expand[]": "payment_intent"})
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    intent = paid["payment_intent"]
    assert (intent["status"], intent["amount_received"], intent["metadata"]) == ("succeeded", 3_000, {"order": "7"})
    assert intent["customer"] == paid["customer"] is not None
    assert (await types_of_events(raw))[-1] == "checkout.session.completed"
    await pass_time(raw, 1)
    assert [one["amount"] for one in await check_books(raw, creator)] == [3_000]
    await post(raw, f"{path}/expire", status=400)
    assert (await fill_in(raw, path)).status_code == 400


async def test_a_declined_card_leaves_the_session_open(raw: httpx.AsyncClient) -> None:
    path = await a_session(raw, SONG)
    assert (await fill_in(raw, path, "pm_card_chargeDeclined")).json()["status"] == "open"
    assert (await fill_in(raw, path)).json()["status"] == "complete"
    assert len((await get(raw, "/v1/payment_intents"))["data"]) == 1


async def test_the_session_completes_after_the_bank_has_asked(raw: httpx.AsyncClient) -> None:
    path = await a_session(raw, SONG)
    asked = (await fill_in(raw, path, "pm_card_authenticationRequired")).json()
    assert asked["status"] == "open"
    (await raw.post(f"/_sandbox/payment_intents/{asked['payment_intent']}/authenticate", json={})).raise_for_status()
    assert (await get(raw, path))["payment_status"] == "paid"


@pytest.mark.parametrize(("outcome", "status"), [("succeed", "paid"), ("fail", "unpaid")])
async def test_a_debit_completes_the_session_first_and_is_paid_or_not_later(
    raw: httpx.AsyncClient, outcome: str, status: str
) -> None:
    path = await a_session(raw, {**SONG, "payment_method_types[]": "us_bank_account"})
    assert (await fill_in(raw, path)).status_code == 400
    waiting = (await fill_in(raw, path, "pm_usBankAccount_processing")).json()
    assert (waiting["status"], waiting["payment_status"]) == ("complete", "unpaid")
    seen = await types_of_events(raw)
    answered = await raw.post(f"/_sandbox/payment_intents/{waiting['payment_intent']}/clear", json={"outcome": outcome})
    assert answered.status_code == 200
    assert (await get(raw, path))["payment_status"] == status
    assert (await events_since(raw, seen))[-1] == f"checkout.session.async_payment_{outcome}ed"


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_usBankAccount_processing", "pm_card_authenticationRequired"])
async def test_a_session_begins_a_subscription(raw: httpx.AsyncClient, method: str) -> None:
    form = {
        "line_items[0][price]": await a_price(raw),
        "payment_method_types[0]": "card",
        "payment_method_types[1]": "us_bank_account",
        "subscription_data[metadata][plan]": "fan",
    }
    path = await a_session(raw, form, "subscription")
    done = (await fill_in(raw, path, method)).json()
    subscription = await get(raw, f"/v1/subscriptions/{done['subscription']}", **{"expand[]": "latest_invoice"})
    assert (subscription["metadata"], subscription["customer"]) == ({"plan": "fan"}, done["customer"])
    if method == "pm_card_authenticationRequired":
        assert (done["status"], subscription["status"]) == ("open", "incomplete")
        return
    paid = method == "pm_card_visa"
    assert (done["status"], done["payment_status"]) == ("complete", "paid" if paid else "unpaid")
    assert subscription["status"] == "active"
    assert subscription["latest_invoice"]["status"] == ("paid" if paid else "open")


async def test_a_declined_subscription_leaves_nothing(raw: httpx.AsyncClient) -> None:
    path = await a_session(raw, {"line_items[0][price]": await a_price(raw)}, "subscription")
    assert (await fill_in(raw, path, "pm_card_chargeDeclined")).json()["status"] == "open"
    assert (await get(raw, "/v1/subscriptions", status="all"))["data"] == []
    assert (await get(raw, "/v1/customers"))["data"] == []


async def test_a_trial_needs_no_payment(raw: httpx.AsyncClient) -> None:
    form = {"line_items[0][price]": await a_price(raw), "subscription_data[trial_period_days]": "7"}
    path = await a_session(raw, form, "subscription")
    done = (await fill_in(raw, path)).json()
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert (await get(raw, f"/v1/subscriptions/{done['subscription']}"))["status"] == "trialing"


async def test_a_session_saves_a_card(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    path = await a_session(raw, {"customer": customer}, "setup")
    assert (await fill_in(raw, path, "pm_card_chargeDeclined")).json()["status"] == "open"
    done = (await fill_in(raw, path)).json()
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    setup = await get(raw, f"/v1/setup_intents/{done['setup_intent']}", **{"expand[]": "payment_method"})
    assert (setup["status"], setup["payment_method"]["customer"]) == ("succeeded", customer)


@pytest.mark.parametrize("by_itself", [True, False])
async def test_a_session_expires(raw: httpx.AsyncClient, by_itself: bool) -> None:
    path = await a_session(raw, SONG)
    if by_itself:
        await pass_time(raw, DAY_S)
    else:
        await post(raw, f"{path}/expire")
    assert (await get(raw, path))["status"] == "expired"
    assert (await fill_in(raw, path)).status_code == 400
    assert (await types_of_events(raw))[-1] == "checkout.session.expired"


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"mode": "setup"}, "line_items"),
        ({"mode": "subscription"}, "line_items"),
        ({"subscription_data[description]": "x"}, "subscription_data"),
        ({"ui_mode": "embedded_page"}, "success_url"),
        ({"ui_mode": "hosted"}, "ui_mode"),
        ({"expires_at": "1"}, "expires_at"),
        ({"customer": "cus_none"}, "customer"),
        ({"line_items[0][price_data][unit_amount]": "1"}, "amount"),
        ({"discounts[0][coupon]": "x"}, "discounts"),
    ],
)
async def test_what_does_not_go_together_is_refused(raw: httpx.AsyncClient, form: Form, param: str) -> None:
    refused = await post(raw, "/v1/checkout/sessions", {"mode": "payment", **PAGE, **SONG, **form}, 400)
    assert refused["error"]["param"] == param
    assert (await get(raw, "/v1/checkout/sessions"))["data"] == []
