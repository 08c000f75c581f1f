"""What a customer is owed (negative) or owes (positive): it goes into the next invoice.

Source: https://docs.stripe.com/billing/customer/balance. No money moves: Stripe's own balance does not know of it.
"""

from typing import Literal

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

Kind = Literal["adjustment", "applied_to_invoice", "credit_note", "invoice_too_small", "unapplied_from_invoice"]
_DEFAULT_CURRENCY = "usd"


def adjust_balance(
    scope: Scope,
    customer: JsonObject,
    amount: int,
    kind: Kind,
    *,
    currency: str | None = None,
    invoice: str | None = None,
    credit_note: str | None = None,
) -> JsonObject:
    """Adds `amount` (minor units) to what the customer owes and records why."""
    customer["currency"] = customer["currency"] or currency or _DEFAULT_CURRENCY
    customer["balance"] += amount
    return scope.account.billing.customer_balance.add(
        {
            "id": scope.world.ids.new("cbtxn"),
            "object": "customer_balance_transaction",
            "amount": amount,
            "checkout_session": None,
            "created": scope.now,
            "credit_note": credit_note,
            "currency": currency or customer["currency"],
            "customer": customer["id"],
            "customer_account": None,
            "description": None,
            "ending_balance": customer["balance"],
            "invoice": invoice,
            "livemode": False,
            "metadata": {},
            "type": kind,
        }
    )
