"""The invoice as an object: https://docs.stripe.com/api/invoices/object."""

from dataclasses import dataclass

from stripe_sandbox.balance.currencies import charge_minimum
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400
_FROM_CUSTOMER = ("address", "email", "name", "phone", "shipping", "tax_exempt")
_ABSENT = (
    "account_name",
    "account_tax_ids",
    "automatically_finalizes_at",
    "customer_account",
    "default_source",
    "effective_at",
    "ending_balance",
    "from_invoice",
    "hosted_invoice_url",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "number",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "test_clock",
    "webhooks_delivered_at",
)
_ZERO = (
    "amount_due",
    "amount_overpaid",
    "amount_paid",
    "amount_remaining",
    "amount_shipping",
    "attempt_count",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
    "subtotal",
    "subtotal_excluding_tax",
    "total",
    "total_excluding_tax",
)
_EMPTY = (
    "customer_tax_ids",
    "default_tax_rates",
    "discounts",
    "total_discount_amounts",
    "total_pretax_credit_amounts",
    "total_taxes",
)
_TRANSITIONS = (
    "finalized_at",
    "marked_uncollectible_at",
    "paid_at",
    "voided_at",
)


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
        **dict.fromkeys(_ABSENT),
        **dict.fromkeys(_ZERO, 0),
        **{name: [] for name in _EMPTY},
        "account_country": scope.account.country,
        "application": None if scope.account.is_platform else scope.world.platform.application,
        "attempted": False,
        "auto_advance": params.get("auto_advance", False),
        "automatic_tax": {"enabled": False} | dict.fromkeys(("disabled_reason", "liability", "provider", "status")),
        "billing_reason": occasion.billing_reason,
        "collection_method": method,
        "created": scope.now,
        "currency": currency,
        "custom_fields": params.get("custom_fields"),
        "customer": customer["id"],
        **{f"customer_{name}": customer[name] for name in _FROM_CUSTOMER},
        "default_payment_method": params.get("default_payment_method"),
        "description": params.get("description"),
        "due_date": due_date(params, scope.now) if method == "send_invoice" else None,
        "footer": params.get("footer"),
        "issuer": {"type": "self"},
        "lines": {"object": "list", "data": [], "has_more": False, "url": f"/v1/invoices/{identifier}/lines"},
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "on_behalf_of": params.get("on_behalf_of"),
        "parent": subscription and parent_of(subscription),
        "payment_settings": dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types")),
        "period_end": occasion.period["end"],
        "period_start": occasion.period["start"],
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "draft",
        "status_transitions": dict.fromkeys(_TRANSITIONS),
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
