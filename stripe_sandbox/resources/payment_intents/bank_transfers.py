"""Payments by bank transfer (`customer_balance`): the customer sends the money, in as many parts as it pleases.

https://docs.stripe.com/payments/bank-transfers: until all of it has come the payment `requires_action`; each part that
is not enough is told as `payment_intent.partially_funded` and stays with the customer, not in the account's balance.
"""

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.attempts import add_pending_charge
from stripe_sandbox.resources.charges.booking import book_charge
from stripe_sandbox.resources.payment_intents.marketplace import join_group
from stripe_sandbox.state.scope import Scope

TYPE = "customer_balance"
ACTION = "display_bank_transfer_instructions"
_REFERENCE_CHARS = 12


def check_bank_transfer(intent: JsonObject) -> None:
    """Checks that the payment can be made by bank transfer.

    Raises:
        StripeError: 400, it has no customer or is to be captured by hand.
    """
    if intent["customer"] is None:
        raise invalid(f"A PaymentIntent with the payment method type {TYPE} needs a customer.", param="customer")
    if intent["capture_method"] == "manual":
        raise invalid(f"The payment method type {TYPE} does not support manual capture.", param="capture_method")


def wait_for_transfer(scope: Scope, intent: JsonObject) -> None:
    """Tells the customer where to send the money."""
    reference = scope.world.ids.text(_REFERENCE_CHARS).upper()
    intent.update(
        next_action={
            ACTION: {
                "amount_remaining": intent["amount"],
                "currency": intent["currency"],
                "financial_addresses": [],
                "hosted_instructions_url": None,
                "reference": reference,
                "type": "us_bank_transfer" if intent["currency"] == "usd" else "eu_bank_transfer",
            },
            "type": ACTION,
        },
        status="requires_action",
    )
    scope.emit("payment_intent.requires_action", intent)


def awaits_transfer(intent: JsonObject) -> bool:
    """Whether money is still to come."""
    return bool(intent["status"] == "requires_action" and intent["next_action"]["type"] == ACTION)


def receive(scope: Scope, intent: JsonObject, amount: int) -> None:
    """Money has come; what is more than enough stays with the customer."""
    instructions = intent["next_action"][ACTION]
    left = instructions["amount_remaining"] - amount
    if left > 0:
        intent["next_action"] = {**intent["next_action"], ACTION: {**instructions, "amount_remaining": left}}
        scope.emit("payment_intent.partially_funded", intent)
        return
    method = scope.account.payment_methods.get(intent["payment_method"])
    if method is None:
        raise LookupError(f"payment intent {intent['id']} waits for a transfer without a payment method")
    join_group(intent)
    charge = add_pending_charge(scope, intent, method)
    charge.update(paid=True, status="succeeded")
    book_charge(scope, charge)
    intent.update(amount_received=intent["amount"], latest_charge=charge["id"], next_action=None, status="succeeded")
    scope.emit("charge.succeeded", charge)
    scope.emit("payment_intent.succeeded", intent)
