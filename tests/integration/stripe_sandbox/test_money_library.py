"""Stripe's own client against the resources of money: what it sends is taken, what it gets it can read."""

from typing import Any

import httpx
import stripe
from stripe.params import PaymentIntentCreateParams

from tests.integration.stripe_sandbox.harness import control, open_account


async def test_disputes(
    client: stripe.StripeClient, raw: httpx.AsyncClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async(purchase)
    opened = await control(raw, f"charges/{intent.latest_charge}/dispute")
    (listed,) = (await client.v1.disputes.list_async({"payment_intent": intent.id, "expand": ["data.charge"]})).data
    charge: Any = listed.charge
    assert (listed.id, charge.disputed) == (opened["id"], True)
    assert [one.net for one in listed.balance_transactions] == [-11_500]
    changed = await client.v1.disputes.update_async(
        listed.id, {"evidence": {"customer_name": "Jane", "uncategorized_text": "a receipt"}, "submit": False}
    )
    assert (changed.status, changed.evidence.customer_name) == ("needs_response", "Jane")
    assert (await client.v1.disputes.close_async(listed.id)).status == "lost"


async def test_payouts_and_their_schedule(
    client: stripe.StripeClient, raw: httpx.AsyncClient, purchase: PaymentIntentCreateParams
) -> None:
    options: Any = {"stripe_account": await open_account(raw)}
    await client.v1.payment_intents.create_async({**purchase, "payment_method": "pm_card_bypassPending"}, options)
    payout = await client.v1.payouts.create_async({"amount": 5_000, "currency": "usd"}, options)
    assert (await client.v1.payouts.cancel_async(payout.id, {}, options)).status == "canceled"
    again = await client.v1.payouts.create_async({"amount": 5_000, "currency": "usd"}, options)
    await control(raw, f"payouts/{again.id}/pay")
    reversal = await client.v1.payouts.reverse_async(again.id, {"metadata": {"k": "v"}}, options)
    assert (reversal.amount, reversal.original_payout) == (-5_000, again.id)
    settings = await client.v1.balance_settings.update_async(
        {
            "payments": {
                "payouts": {
                    "minimum_balance_by_currency": {"usd": 1_000},
                    "schedule": {"interval": "weekly", "weekly_payout_days": ["monday", "friday"]},
                },
                "settlement_timing": {"delay_days_override": 3},
            }
        },
        options,
    )
    payouts: Any = settings.payments.payouts
    assert payouts.schedule.weekly_payout_days == ["monday", "friday"]
    assert (await client.v1.balance_settings.retrieve_async({}, options)).payments == settings.payments
    page = await client.v1.balance_transactions.list_async({"type": "payout", "expand": ["data.source"]}, options)
    sources: list[Any] = [one.source for one in page.data]
    assert [source.object for source in sources] == ["payout"] * 3


async def test_topups_reviews_and_warnings(
    client: stripe.StripeClient, raw: httpx.AsyncClient, purchase: PaymentIntentCreateParams
) -> None:
    topup = await client.v1.topups.create_async({"amount": 20_000, "currency": "usd", "description": "float"})
    assert (await client.v1.topups.cancel_async(topup.id)).status == "canceled"
    intent = await client.v1.payment_intents.create_async({**purchase, "payment_method": "pm_card_riskLevelElevated"})
    (review,) = (await client.v1.reviews.list_async()).data
    assert (await client.v1.reviews.approve_async(review.id)).closed_reason == "approved"
    warned = await control(raw, f"charges/{intent.latest_charge}/early_fraud_warning")
    (warning,) = (await client.v1.radar.early_fraud_warnings.list_async({"payment_intent": intent.id})).data
    assert (warning.id, warning.actionable) == (warned["id"], True)
