"""Invoices: drafted, finalized, paid, failed, voided, given up; the customer's balance goes into them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import DAY_S, a_customer, events_since, get, pass_time, post
from tests.integration.stripe_sandbox.harness import check_books, figures, sandbox_with, types_of_events

HOUR_S = 3_600


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def a_draft(raw: httpx.AsyncClient, customer: str, amount: int = 2_000, **form: str) -> str:
    """A draft with one item."""
    item = {"customer": customer, "amount": str(amount), "currency": "usd", "description": "A song"}
    await post(raw, "/v1/invoiceitems", item)
    whole = {"customer": customer, "pending_invoice_items_behavior": "include", **form}
    path: str = "/v1/invoices/" + (await post(raw, "/v1/invoices", whole))["id"]
    return path


async def test_an_invoice_is_drafted_finalized_and_paid(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    path = await a_draft(raw, customer)
    draft = await get(raw, path)
    assert (draft["status"], draft["total"], draft["number"], draft["parent"]) == ("draft", 2_000, None, None)
    assert draft["auto_advance"] is False
    (line,) = draft["lines"]["data"]
    assert (line["description"], line["amount"], line["parent"]["type"]) == ("A song", 2_000, "invoice_item_details")
    finalized = await post(raw, f"{path}/finalize")
    assert (finalized["status"], finalized["amount_due"]) == ("open", 2_000)
    assert finalized["number"].endswith("-0001")
    await post(raw, f"{path}/finalize", status=400)
    await post(raw, path, {"description": "too late"}, 400)
    seen = await types_of_events(raw)
    paid = await post(raw, f"{path}/pay", {"expand[]": "payments.data.payment.payment_intent"})
    assert (paid["status"], paid["amount_paid"], paid["amount_remaining"]) == ("paid", 2_000, 0)
    (payment,) = paid["payments"]["data"]
    assert (payment["status"], payment["amount_paid"]) == ("paid", 2_000)
    assert payment["payment"]["payment_intent"]["status"] == "succeeded"
    assert await events_since(raw, seen) == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    await post(raw, f"{path}/pay", status=400)
    await pass_time(raw, 1)
    assert await figures(raw) == [("charge", 2_000, 88, 1_912, "ch")]
    listed = await get(raw, "/v1/invoice_payments", invoice=paid["id"])
    assert [one["id"] for one in listed["data"]] == [payment["id"]]


async def test_a_declined_invoice_stays_open_and_can_be_paid_with_another_card(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw, "pm_card_chargeCustomerFail")
    path = await a_draft(raw, customer)
    seen = await types_of_events(raw)
    declined = await post(raw, f"{path}/pay", status=402)
    assert declined["error"]["code"] == "card_declined"
    failed = await get(raw, path)
    assert (failed["status"], failed["attempt_count"], failed["attempted"]) == ("open", 1, True)
    assert (await events_since(raw, seen))[-1] == "invoice.payment_failed"
    assert (await get(raw, f"/v1/customers/{customer}"))["delinquent"] is True
    method = await post(raw, "/v1/payment_methods/pm_card_visa/attach", {"customer": customer})
    paid = await post(raw, f"{path}/pay", {"payment_method": method["id"]})
    assert (paid["status"], paid["attempt_count"]) == ("paid", 2)
    assert (await get(raw, f"/v1/customers/{customer}"))["delinquent"] is False
    assert [one["status"] for one in (await get(raw, "/v1/payment_intents"))["data"]] == ["succeeded"]


async def test_a_customer_who_must_act_pays_by_acting(raw: httpx.AsyncClient) -> None:
    path = await a_draft(raw, await a_customer(raw, "pm_card_authenticationRequired"))
    refused = await post(raw, f"{path}/pay", status=402)
    assert refused["error"]["code"] == "invoice_payment_intent_requires_action"
    assert {"invoice.payment_action_required", "invoice.payment_failed"} <= set(await types_of_events(raw))
    (intent,) = (await get(raw, "/v1/payment_intents"))["data"]
    (await raw.post(f"/_sandbox/payment_intents/{intent['id']}/authenticate", json={})).raise_for_status()
    assert (await get(raw, path))["status"] == "paid"


async def test_nothing_to_charge_is_no_attempt(raw: httpx.AsyncClient) -> None:
    customer = (await post(raw, "/v1/customers"))["id"]
    path = await a_draft(raw, customer)
    await post(raw, f"{path}/pay", status=400)
    assert (await get(raw, path))["status"] == "draft"
    paid = await post(raw, f"{path}/pay", {"paid_out_of_band": "true"})
    assert (paid["status"], paid["amount_paid"]) == ("paid", 2_000)
    assert await check_books(raw) == []


@pytest.mark.parametrize(
    ("action", "status", "event"),
    [("void", "void", "invoice.voided"), ("mark_uncollectible", "uncollectible", "invoice.marked_uncollectible")],
)
async def test_a_claim_can_be_given_up(raw: httpx.AsyncClient, action: str, status: str, event: str) -> None:
    path = await a_draft(raw, await a_customer(raw))
    if action == "void":
        await post(raw, f"{path}/{action}", status=400)
    await post(raw, f"{path}/finalize")
    assert (await post(raw, f"{path}/{action}"))["status"] == status
    assert event in await types_of_events(raw)
    (intent,) = (await get(raw, "/v1/payment_intents"))["data"]
    assert intent["status"] == ("canceled" if action == "void" else "requires_confirmation")
    again = await raw.post(f"{path}/pay")
    assert (again.status_code, (await get(raw, path))["status"]) == (
        (400, "void") if action == "void" else (200, "paid")
    )


async def test_a_draft_that_advances_by_itself_is_charged_after_an_hour(raw: httpx.AsyncClient) -> None:
    path = await a_draft(raw, await a_customer(raw), auto_advance="true")
    await pass_time(raw, HOUR_S)
    assert (await get(raw, path))["status"] == "paid"


async def test_a_sent_invoice_becomes_overdue(raw: httpx.AsyncClient) -> None:
    path = await a_draft(raw, await a_customer(raw), collection_method="send_invoice", days_until_due="2")
    sent = await post(raw, f"{path}/send")
    assert (sent["status"], sent["due_date"] - sent["created"]) == ("open", 2 * DAY_S)
    await pass_time(raw, 2 * DAY_S)
    assert (await types_of_events(raw))[-1] == "invoice.overdue"


async def test_a_deleted_draft_leaves_its_items_for_the_next(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    path = await a_draft(raw, customer)
    assert (await raw.delete(path)).json()["deleted"] is True
    assert (await raw.get(path)).status_code == 404
    (item,) = (await get(raw, "/v1/invoiceitems", pending="true"))["data"]
    await post(raw, f"/v1/invoiceitems/{item['id']}", {"amount": "700"})
    again = await post(raw, "/v1/invoices", {"customer": customer, "pending_invoice_items_behavior": "include"})
    assert again["total"] == 700
    await post(raw, f"/v1/invoiceitems/{item['id']}", {"amount": "900"})
    changed = await get(raw, f"/v1/invoices/{again['id']}")
    assert (changed["total"], changed["lines"]["data"][0]["id"]) == (900, again["lines"]["data"][0]["id"])
    assert [line["amount"] for line in (await get(raw, f"/v1/invoices/{again['id']}/lines"))["data"]] == [900]


@pytest.mark.parametrize(
    ("owed", "amount", "due", "left"),
    [(-500, 2_000, 1_500, 0), (-3_000, 2_000, 0, -1_000), (300, 2_000, 2_300, 0), (0, 20, 0, 20), (0, -700, 0, -700)],
)
async def test_what_a_customer_is_owed_goes_into_the_invoice(
    raw: httpx.AsyncClient, owed: int, amount: int, due: int, left: int
) -> None:
    customer = await a_customer(raw)
    if owed:
        await post(raw, f"/v1/customers/{customer}", {"balance": str(owed)})
    path = await a_draft(raw, customer, amount)
    finalized = await post(raw, f"{path}/finalize")
    assert (finalized["amount_due"], finalized["ending_balance"]) == (due, left)
    assert finalized["status"] == ("open" if due else "paid")
    assert (await get(raw, f"/v1/customers/{customer}"))["balance"] == left
    moves = (await get(raw, f"/v1/customers/{customer}/balance_transactions"))["data"]
    assert sum(one["amount"] for one in moves) == left
    if due:
        await post(raw, f"{path}/void")
        assert (await get(raw, f"/v1/customers/{customer}"))["balance"] == owed


async def test_while_the_bank_has_not_answered_an_invoice_is_neither_paid_again_nor_voided(
    raw: httpx.AsyncClient,
) -> None:
    customer = await a_customer(raw, "pm_usBankAccount_processing")
    path = await a_draft(raw, customer)
    waiting = await post(raw, f"{path}/pay")
    assert (waiting["status"], waiting["attempt_count"]) == ("open", 1)
    for action in ("pay", "void"):
        await post(raw, f"{path}/{action}", status=400)
    (intent,) = (await get(raw, "/v1/payment_intents"))["data"]
    assert intent["status"] == "processing"
    (await raw.post(f"/_sandbox/payment_intents/{intent['id']}/clear", json={"outcome": "succeed"})).raise_for_status()
    assert (await get(raw, path))["status"] == "paid"
