"""Payments through Stripe's own client: success, decline, authentication, capture, cancellation."""

from typing import Any

import httpx
import pytest
import stripe
from stripe.params import PaymentIntentCreateParams

from tests.integration.stripe_sandbox.harness import Receiver, eventually

# stripe-python 16.1 hands httpx its body in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def test_a_purchase_charges_and_books_what_stripe_would(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async(
        {**purchase, "metadata": {"order": "7"}, "expand": ["latest_charge.balance_transaction"]}
    )
    assert (intent.status, intent.amount_received, intent.metadata.to_dict()) == ("succeeded", 10_000, {"order": "7"})
    charge: Any = intent.latest_charge
    assert (charge.paid, charge.captured, charge.amount_captured, charge.status) == (True, True, 10_000, "succeeded")
    assert "refunds" not in charge
    assert "charges" not in intent
    booked = charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net) == (10_000, 320, 9_680)
    assert (booked.type, booked.status, booked.source) == ("charge", "pending", charge.id)
    assert [(line.type, line.amount) for line in booked.fee_details] == [("stripe_fee", 320)]
    balance = await client.v1.balance.retrieve_async()
    assert (balance.pending[0].amount, balance.available[0].amount, balance.livemode) == (9_680, 0, False)


async def test_by_default_the_capture_is_asynchronous_and_the_balance_transaction_comes_later(
    hooked_client: stripe.StripeClient, purchase: PaymentIntentCreateParams, receiver: Receiver
) -> None:
    del purchase["capture_method"]
    intent = await hooked_client.v1.payment_intents.create_async({**purchase, "expand": ["latest_charge"]})
    charge: Any = intent.latest_charge
    assert intent.capture_method == "automatic_async"
    assert charge.balance_transaction is None
    await eventually(lambda: "charge.updated" in receiver.types(), "charge.updated")
    told = {event["type"]: event["data"] for event in receiver.events}
    assert told["charge.succeeded"]["object"]["balance_transaction"] is None
    assert told["charge.updated"]["previous_attributes"] == {"balance_transaction": None}
    assert told["charge.updated"]["object"]["balance_transaction"].startswith("txn_")


async def test_creating_and_confirming_are_two_steps_if_one_likes(client: stripe.StripeClient) -> None:
    intent = await client.v1.payment_intents.create_async({"amount": 500, "currency": "EUR"})
    assert (intent.status, intent.currency) == ("requires_payment_method", "eur")
    updated = await client.v1.payment_intents.update_async(intent.id, {"amount": 700, "payment_method": "pm_card_visa"})
    assert updated.status == "requires_confirmation"
    confirmed = await client.v1.payment_intents.confirm_async(intent.id, {"return_url": "https://example.com"})
    assert (confirmed.status, confirmed.amount_received) == ("succeeded", 700)
    seen = await client.v1.payment_intents.retrieve_async(intent.id, {"client_secret": str(intent.client_secret)})
    assert seen.status == "succeeded"


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_radarBlock", "card_declined", "fraudulent"),
    ],
)
async def test_a_declined_card_says_why_and_leaves_the_intent_open(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams, method: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        await client.v1.payment_intents.create_async({**purchase, "payment_method": method})
    error: Any = refusal.value.error
    assert (refusal.value.http_status, error.code, error.decline_code) == (402, code, decline_code)
    intent = error.payment_intent
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.decline_code == decline_code
    charge = await client.v1.charges.retrieve_async(error.charge)
    assert (charge.status, charge.failure_code, charge.balance_transaction) == ("failed", code, None)
    again = await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_payment_error) == ("succeeded", None)
    attempts = await client.v1.charges.list_async({"payment_intent": intent.id})
    assert [one.status for one in attempts.data] == ["succeeded", "failed"]


@pytest.mark.parametrize(("outcome", "status"), [("pass", "succeeded"), ("fail", "requires_payment_method")])
async def test_authentication_is_asked_for_and_decides(
    client: stripe.StripeClient, raw: httpx.AsyncClient, purchase: PaymentIntentCreateParams, outcome: str, status: str
) -> None:
    del purchase["automatic_payment_methods"]
    intent = await client.v1.payment_intents.create_async(
        {**purchase, "payment_method": "pm_card_threeDSecure2Required", "return_url": "https://example.com/back?a=1"}
    )
    assert intent.status == "requires_action"
    action: Any = intent.next_action
    assert action.type == "redirect_to_url"
    back = await raw.get(action.redirect_to_url.url, params={"outcome": outcome, "client_secret": intent.client_secret})
    assert back.status_code == 303
    assert back.headers["location"].startswith("https://example.com/back?a=1&payment_intent=pi_")
    after = await client.v1.payment_intents.retrieve_async(intent.id)
    assert (after.status, after.next_action) == (status, None)


async def test_without_the_customer_an_authentication_is_a_decline(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        await client.v1.payment_intents.create_async(
            {**purchase, "payment_method": "pm_card_authenticationRequired", "off_session": True}
        )
    assert refusal.value.error.decline_code == "authentication_required"  # type: ignore[union-attr]  # it has one


async def test_a_partial_capture_books_what_was_captured(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async({**purchase, "capture_method": "manual"})
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 10_000)
    assert (await client.v1.balance_transactions.list_async()).data == []
    captured = await client.v1.payment_intents.capture_async(
        intent.id, {"amount_to_capture": 6_000, "expand": ["latest_charge.balance_transaction"]}
    )
    charge: Any = captured.latest_charge
    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 6_000, 0)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (6_000, 4_000, False)
    booked = charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net) == (6_000, 204, 5_796)
    with pytest.raises(stripe.InvalidRequestError, match="could not be captured"):
        await client.v1.payment_intents.capture_async(intent.id)


async def test_more_than_was_authorised_cannot_be_captured(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async({**purchase, "capture_method": "manual"})
    with pytest.raises(stripe.InvalidRequestError, match="greater than the amount") as refusal:
        await client.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 10_001})
    assert refusal.value.code == "amount_too_large"


async def test_cancelling_releases_the_authorisation(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async({**purchase, "capture_method": "manual"})
    canceled = await client.v1.payment_intents.cancel_async(intent.id, {"cancellation_reason": "duplicate"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "duplicate")
    charge = await client.v1.charges.retrieve_async(str(intent.latest_charge))
    assert (charge.refunded, charge.amount_refunded, charge.captured) == (True, 10_000, False)
    for action in (client.v1.payment_intents.cancel_async, client.v1.payment_intents.confirm_async):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await action(intent.id)
        assert refusal.value.code == "payment_intent_unexpected_state"


async def test_an_authorisation_expires_after_seven_days(
    client: stripe.StripeClient, raw: httpx.AsyncClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async({**purchase, "capture_method": "manual"})
    await raw.post("/_sandbox/clock/advance", json={"seconds": 7 * 86_400 + 1})
    after = await client.v1.payment_intents.retrieve_async(intent.id)
    assert (after.status, after.cancellation_reason) == ("canceled", "automatic")


async def test_a_refund_takes_the_amount_back_and_leaves_the_fee(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async(purchase)
    first = await client.v1.refunds.create_async(
        {"payment_intent": intent.id, "amount": 4_000, "expand": ["balance_transaction", "charge"]}
    )
    booked: Any = first.balance_transaction
    assert (booked.type, booked.amount, booked.fee, booked.net) == ("refund", -4_000, 0, -4_000)
    assert (first.charge.amount_refunded, first.charge.refunded) == (4_000, False)  # type: ignore[union-attr]  # expanded
    await client.v1.refunds.create_async({"charge": str(intent.latest_charge)})
    charge = await client.v1.charges.retrieve_async(str(intent.latest_charge), {"expand": ["refunds"]})
    assert charge.refunded
    assert [one.amount for one in charge.refunds.data] == [6_000, 4_000]  # type: ignore[union-attr]  # expanded
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"charge": charge.id})
    assert refusal.value.code == "charge_already_refunded"
    balance = await client.v1.balance.retrieve_async()
    assert balance.pending[0].amount + balance.available[0].amount == -320


async def test_a_changed_refund_is_told_under_both_its_names(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    intent = await client.v1.payment_intents.create_async(purchase)
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id})
    await client.v1.refunds.update_async(refund.id, {"metadata": {"why": "late"}})
    told = await client.v1.events.list_async({"limit": 4})
    assert [event.type for event in told.data] == [
        "charge.refund.updated",
        "refund.updated",
        "charge.refunded",
        "refund.created",
    ]


async def test_customers_keep_payment_methods(client: stripe.StripeClient, purchase: PaymentIntentCreateParams) -> None:
    customer = await client.v1.customers.create_async({"email": "a@example.com", "metadata": {"k": "v"}})
    method = await client.v1.payment_methods.create_async({"type": "card", "card": {"token": "tok_mastercard"}})
    await client.v1.payment_methods.attach_async(method.id, {"customer": customer.id})
    listed = await client.v1.customers.payment_methods.list_async(customer.id)
    assert [(one.id, one.card.brand) for one in listed.data] == [(method.id, "mastercard")]  # type: ignore[union-attr]
    with pytest.raises(stripe.InvalidRequestError, match="belongs to the customer"):
        await client.v1.payment_intents.create_async({**purchase, "payment_method": method.id})
    paid = await client.v1.payment_intents.create_async(
        {**purchase, "payment_method": method.id, "customer": customer.id, "expand": ["customer", "payment_method"]}
    )
    assert (paid.customer.id, paid.payment_method.id) == (customer.id, method.id)  # type: ignore[union-attr]  # expanded
    changed: Any = await client.v1.customers.update_async(customer.id, {"name": "A", "metadata": {"k": "", "l": "w"}})
    assert (changed.name, changed.metadata.to_dict()) == ("A", {"l": "w"})
    assert [one.id for one in (await client.v1.customers.list_async({"email": "a@example.com"})).data] == [customer.id]
    assert (await client.v1.customers.delete_async(customer.id)).deleted
    assert (await client.v1.customers.retrieve_async(customer.id)).deleted
    assert (await client.v1.customers.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        await client.v1.customers.update_async(customer.id, {"name": "B"})


async def test_a_card_used_for_later_is_attached(
    client: stripe.StripeClient, purchase: PaymentIntentCreateParams
) -> None:
    customer = await client.v1.customers.create_async()
    intent = await client.v1.payment_intents.create_async(
        {**purchase, "customer": customer.id, "setup_future_usage": "off_session"}
    )
    method = await client.v1.payment_methods.retrieve_async(str(intent.payment_method))
    assert method.customer == customer.id


async def test_only_test_numbers_are_cards(client: stripe.StripeClient) -> None:
    given: Any = {"type": "card", "card": {"number": "4000000000009995", "exp_month": 12, "exp_year": 2034}}
    method: Any = await client.v1.payment_methods.create_async(given)
    assert method.card.last4 == "9995"
    given["card"]["number"] = "4111111111111111"
    with pytest.raises(stripe.CardError) as refusal:
        await client.v1.payment_methods.create_async(given)
    assert refusal.value.code == "incorrect_number"
