"""The invoice as an object: https://docs.stripe.com/api/invoices/object."""

from dataclasses import dataclass

from stripe_sandbox.balance.currencies import charge_minimum
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400
_FROM_CUSTOMER = ("address", "email", "name", "phone", "shipping", "tax_exempt")


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why an invoice is made.

    Attributes:
        billing_reason: `manual`, `subscription_create`, `subscription_cycle`, `subscription_update`, `upcoming` …
        period: The past period whose usage and items it bills.
        subscription: The subscription behind it.
    """

    billing_reason: str
    period: JsonObject
    subscription: JsonObject | None = None


def new_invoice(
    scope: Scope, customer: JsonObject, currency: str, occasion: Occasion, params: JsonObject
) -> JsonObject:
    """A draft without lines, not yet recorded."""
    identifier = scope.world.ids.new("in")
    subscription = occasion.subscription
    method = params.get("collection_method", "charge_automatically")
    return {
        "id": identifier,
        "object": "invoice",
        "account_country": scope.account.country,
        "account_name": None,
        "account_tax_ids": None,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None if scope.account.is_platform else scope.world.platform.application,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": params.get("auto_advance", False),
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": occasion.billing_reason,
        "collection_method": method,
        "created": scope.now,
        "currency": currency,
        "custom_fields": params.get("custom_fields"),
        "customer": customer["id"],
        "customer_account": None,
        **{f"customer_{name}": customer[name] for name in _FROM_CUSTOMER},
        "customer_tax_ids": [],
        "default_payment_method": params.get("default_payment_method"),
        "default_source": None,
        "default_tax_rates": [],
        "description": params.get("description"),
        "discounts": [],
        "due_date": due_date(params, scope.now) if method == "send_invoice" else None,
        "effective_at": None,
        "ending_balance": None,
        "footer": params.get("footer"),
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {"object": "list", "data": [], "has_more": False, "url": f"/v1/invoices/{identifier}/lines"},
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": params.get("on_behalf_of"),
        "parent": subscription and parent_of(subscription),
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": occasion.period["end"],
        "period_start": occasion.period["start"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": None,
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def parent_of(subscription: JsonObject) -> JsonObject:
    """What a subscription's invoice says about where it comes from."""
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def subscription_of(invoice: JsonObject) -> str | None:
    """The id of the subscription that an invoice belongs to."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return details and str(details["subscription"])


def due_date(params: JsonObject, now: int) -> int | None:
    """When an invoice that is sent has to be paid, as far as the parameters say."""
    if "due_date" in params:
        return int(params["due_date"])
    return now + params["days_until_due"] * _DAY_S if "days_until_due" in params else None


def put_lines(invoice: JsonObject, lines: list[JsonObject], balance: int) -> None:
    """Gives an invoice its lines and works out its sums; `balance` is what the customer owes already.

    What the customer is owed is taken off; what is too little to be charged is left to the next invoice.
    """
    for line in lines:
        line["invoice"] = invoice["id"]
    total = sum(int(line["amount"]) for line in lines)
    invoice["lines"] = {**invoice["lines"], "data": lines}
    invoice.update(dict.fromkeys(("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total))
    due = max(0, total + balance)
    ending = min(0, total + balance)
    if 0 < due < charge_minimum(invoice["currency"]):
        due, ending = 0, due
    invoice.update(amount_due=due, amount_remaining=due, starting_balance=balance)
    invoice["ending_balance"] = None if invoice["status"] == "draft" else ending
