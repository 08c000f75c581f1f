"""Making a draft and keeping its sums right until it is finalized."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.lines import line_of_item
from stripe_sandbox.resources.invoices.shape import Occasion, new_invoice, put_lines
from stripe_sandbox.state.scope import Scope


def draft(
    scope: Scope,
    customer: JsonObject,
    currency: str,
    occasion: Occasion,
    params: JsonObject,
    *,
    lines: list[JsonObject] | None = None,
    with_items: bool = True,
) -> JsonObject:
    """Records a draft with the given lines and, if wanted, the customer's pending items in its currency."""
    invoice = new_invoice(scope, customer, currency, occasion, params)
    items = pending_items(scope, customer["id"], currency, occasion.subscription) if with_items else []
    taken = [line_of_item(scope, item) for item in items]
    put_lines(invoice, [*taken, *(lines or [])], customer["balance"])
    scope.account.billing.invoices.add(invoice)
    scope.account.billing.terms[invoice["id"]] = {
        name: params[name] for name in ("application_fee_amount", "transfer_data") if name in params
    }
    for item in items:
        item["invoice"] = invoice["id"]
        scope.account.billing.invoice_items.reindex(item)
    customer["currency"] = customer["currency"] or currency
    scope.emit("invoice.created", invoice)
    return invoice


def pending_items(scope: Scope, customer: str, currency: str, subscription: JsonObject | None) -> list[JsonObject]:
    """The items that wait for an invoice such as this one: those of a subscription go into its invoices only."""
    wanted = None if subscription is None else subscription["id"]
    found: list[JsonObject] = []
    for item in scope.account.billing.invoice_items.matching("customer", customer):
        owner = ((item["parent"] or {}).get("subscription_details") or {}).get("subscription")
        if item["invoice"] is None and item["currency"] == currency and owner in (None, wanted):
            found.append(item)
    return found


def refill(scope: Scope, invoice: JsonObject) -> None:
    """Works the lines of a draft out again after its items have changed."""
    items = scope.account.billing.invoice_items.matching("invoice", invoice["id"])
    known = {_item_of(line): line["id"] for line in invoice["lines"]["data"]}
    made = [line_of_item(scope, item) for item in items]
    for line in made:
        line["id"] = known.get(_item_of(line), line["id"])
    others = [line for line in invoice["lines"]["data"] if line["parent"]["type"] != "invoice_item_details"]
    customer = scope.account.customers.get(invoice["customer"]) or {}
    before = {name: invoice[name] for name in ("amount_due", "lines", "subtotal", "total")}
    put_lines(invoice, [*made, *others], customer.get("balance", 0))
    previous = {name: old for name, old in before.items() if invoice[name] != old}
    if previous:
        scope.emit("invoice.updated", invoice, previous)


def _item_of(line: JsonObject) -> str | None:
    """The invoice item that a line was made from."""
    details = line["parent"]["invoice_item_details"]
    return details and str(details["invoice_item"])


def release_items(scope: Scope, invoice: JsonObject) -> None:
    """A draft goes away: its items wait for another invoice."""
    for item in scope.account.billing.invoice_items.matching("invoice", invoice["id"]):
        item["invoice"] = None
        scope.account.billing.invoice_items.reindex(item)
