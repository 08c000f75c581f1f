"""Billing, checkout and setups through Stripe's own client, as the service would call them."""

from typing import Any

import pytest
import stripe

# stripe-python 16.1 hands httpx its body in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def test_a_fan_subscribes_pays_and_leaves(client: stripe.StripeClient) -> None:
    card = await client.v1.payment_methods.create_async({"type": "card", "card": {"token": "tok_visa"}})
    customer = await client.v1.customers.create_async(
        {"payment_method": card.id, "invoice_settings": {"default_payment_method": card.id}}
    )
    product = await client.v1.products.create_async({"name": "Fan club"})
    price = await client.v1.prices.create_async(
        {"product": product.id, "currency": "usd", "unit_amount": 900, "recurring": {"interval": "month"}}
    )
    subscription: Any = await client.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id, "quantity": 2}],
            "expand": ["latest_invoice.payments", "items.data.price.product"],
        }
    )
    assert (subscription.status, subscription["items"].data[0].price.product.name) == ("active", "Fan club")
    invoice = subscription.latest_invoice
    assert (invoice.status, invoice.amount_paid) == ("paid", 1_800)
    assert invoice.parent.subscription_details.subscription == subscription.id
    paid_by = invoice.payments.data[0].payment.payment_intent
    listed: Any = await client.v1.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": paid_by}}
    )
    assert [one.invoice for one in listed.data] == [invoice.id]
    preview = await client.v1.invoices.create_preview_async({"subscription": subscription.id})
    assert preview.amount_due == 1_800
    ended = await client.v1.subscriptions.cancel_async(
        subscription.id, {"cancellation_details": {"feedback": "unused"}}
    )
    details: Any = ended.cancellation_details
    assert (ended.status, details.feedback, details.reason) == ("canceled", "unused", "cancellation_requested")


async def test_a_page_is_opened_and_a_card_is_saved(client: stripe.StripeClient) -> None:
    session: Any = await client.v1.checkout.sessions.create_async(
        {
            "mode": "payment",
            "success_url": "https://shop.example/thanks",
            "line_items": [
                {
                    "price_data": {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Song"}},
                    "quantity": 1,
                }
            ],
        }
    )
    assert (session.status, session.amount_total, session.ui_mode) == ("open", 500, "hosted_page")
    expired = await client.v1.checkout.sessions.expire_async(session.id)
    assert expired.status == "expired"
    setup: Any = await client.v1.setup_intents.create_async(
        {
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "payment_method": "pm_card_visa",
            "confirm": True,
            "expand": ["payment_method"],
        }
    )
    assert (setup.status, setup.payment_method.card.last4) == ("succeeded", "4242")
    with pytest.raises(stripe.CardError) as refused:
        await client.v1.setup_intents.confirm_async(
            (await client.v1.setup_intents.create_async()).id,
            {"payment_method": "pm_card_chargeDeclined", "return_url": "https://shop.example/back"},
        )
    assert refused.value.code == "card_declined"
