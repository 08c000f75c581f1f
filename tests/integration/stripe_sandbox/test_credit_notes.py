"""Credit notes and previews: less is due, or money goes back; and what an invoice would be."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.stripe_sandbox.billing import Form, a_customer, a_price, get, pass_time, post, subscribe
from tests.integration.stripe_sandbox.harness import check_books, figures, sandbox_with, types_of_events

LINE = {"lines[0][type]": "custom_line_item", "lines[0][quantity]": "1"}


@pytest.fixture
async def raw() -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox whose time moves only when it is told to."""
    async with sandbox_with() as client:
        yield client


async def an_invoice(raw: httpx.AsyncClient, customer: str) -> str:
    """A finalized invoice over 2,000."""
    await post(raw, "/v1/invoiceitems", {"customer": customer, "amount": "2000", "currency": "usd"})
    made = await post(raw, "/v1/invoices", {"customer": customer, "pending_invoice_items_behavior": "include"})
    return str((await post(raw, f"/v1/invoices/{made['id']}/finalize"))["id"])


async def test_before_the_payment_less_is_due(raw: httpx.AsyncClient) -> None:
    invoice = await an_invoice(raw, await a_customer(raw))
    note = await post(raw, "/v1/credit_notes", {"invoice": invoice, **LINE, "lines[0][unit_amount]": "500"})
    assert (note["type"], note["amount"], note["pre_payment_amount"], note["status"]) == (
        "pre_payment",
        500,
        500,
        "issued",
    )
    await post(raw, f"/v1/credit_notes/{note['id']}", {"memo": "sorry"})
    paid = await post(raw, f"/v1/invoices/{invoice}/pay")
    assert (paid["amount_paid"], paid["pre_payment_credit_notes_amount"], paid["status"]) == (1_500, 500, "paid")
    await post(raw, f"/v1/credit_notes/{note['id']}/void", status=400)
    await pass_time(raw, 1)
    assert [one[:2] for one in await figures(raw)] == [("charge", 1_500)]
    told = [kind for kind in await types_of_events(raw) if kind.startswith("credit_note")]
    assert told == ["credit_note.created", "credit_note.updated"]


async def test_a_voided_note_is_due_again_and_one_over_all_ends_the_claim(raw: httpx.AsyncClient) -> None:
    invoice = await an_invoice(raw, await a_customer(raw))
    note = await post(raw, "/v1/credit_notes", {"invoice": invoice, "amount": "700"})
    less = await get(raw, f"/v1/invoices/{invoice}")
    assert (less["amount_due"], less["amount_remaining"]) == (1_300, 1_300)
    assert (await post(raw, f"/v1/credit_notes/{note['id']}/void"))["status"] == "void"
    assert (await get(raw, f"/v1/invoices/{invoice}"))["amount_remaining"] == 2_000
    await post(raw, "/v1/credit_notes", {"invoice": invoice, "amount": "2001"}, 400)
    (line,) = (await get(raw, f"/v1/invoices/{invoice}"))["lines"]["data"]
    whole = {
        "lines[0][type]": "invoice_line_item",
        "lines[0][invoice_line_item]": line["id"],
        "lines[0][quantity]": "1",
    }
    await post(raw, "/v1/credit_notes", {"invoice": invoice, **whole})
    after = await get(raw, f"/v1/invoices/{invoice}")
    assert (after["status"], after["amount_paid"]) == ("paid", 0)
    assert await check_books(raw) == []


async def test_after_the_payment_it_goes_back_where_it_is_told(raw: httpx.AsyncClient) -> None:
    customer = await a_customer(raw)
    invoice = await an_invoice(raw, customer)
    await post(raw, f"/v1/invoices/{invoice}/pay")
    await post(raw, "/v1/credit_notes", {"invoice": invoice, "amount": "1000"}, 400)
    ways = {"refund_amount": "600", "credit_amount": "300", "out_of_band_amount": "100"}
    note = await post(raw, "/v1/credit_notes", {"invoice": invoice, "amount": "1000", **ways})
    assert (note["type"], note["post_payment_amount"]) == ("post_payment", 1_000)
    assert [one["amount_refunded"] for one in note["refunds"]] == [600]
    assert (await get(raw, f"/v1/customers/{customer}"))["balance"] == -300
    await post(raw, "/v1/credit_notes", {"invoice": invoice, "amount": "1001", "refund_amount": "1001"}, 400)
    assert [one[:2] for one in await figures(raw)] == [("charge", 2_000), ("refund", -600)]
    await check_books(raw)


async def test_a_draft_has_nothing_to_credit(raw: httpx.AsyncClient) -> None:
    draft = await post(raw, "/v1/invoices", {"customer": await a_customer(raw)})
    await post(raw, "/v1/credit_notes", {"invoice": draft["id"], "amount": "1"}, 400)


async def test_a_preview_shows_the_next_invoice_and_makes_nothing(raw: httpx.AsyncClient) -> None:
    customer, price = await a_customer(raw), await a_price(raw)
    subscription = await subscribe(raw, customer, price)
    (item,) = subscription["items"]["data"]
    seen = await types_of_events(raw)
    plain = await post(raw, "/v1/invoices/create_preview", {"subscription": subscription["id"]})
    assert (plain["status"], plain["amount_due"], plain["id"].startswith("upcoming_in_")) == ("draft", 1_000, True)
    change = {
        "subscription": subscription["id"],
        "subscription_details[items][0][id]": item["id"],
        "subscription_details[items][0][quantity]": "3",
        "subscription_details[proration_date]": str(item["current_period_start"]),
        "invoice_items[0][amount]": "50",
        "invoice_items[0][currency]": "usd",
    }
    changed = await post(raw, "/v1/invoices/create_preview", change)
    assert [line["amount"] for line in changed["lines"]["data"]] == [-1_000, 3_000, 50, 3_000]
    first = {"customer": customer, "subscription_details[items][0][price]": price}
    assert (await post(raw, "/v1/invoices/create_preview", first))["total"] == 1_000
    assert await types_of_events(raw) == seen
    assert await get(raw, f"/v1/subscriptions/{subscription['id']}") == subscription


@pytest.mark.parametrize("form", [{}, {"customer": "cus_none"}, {"subscription": "sub_none"}])
async def test_a_preview_of_nothing_is_refused(raw: httpx.AsyncClient, form: Form) -> None:
    await post(raw, "/v1/invoices/create_preview", form, 400)
