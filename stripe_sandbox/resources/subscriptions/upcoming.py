"""The next invoice of a subscription, as it would be if nothing changed."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.drafting import pending_items
from stripe_sandbox.resources.invoices.lines import line_of_item, line_of_subscription
from stripe_sandbox.resources.invoices.shape import Occasion, new_invoice, put_lines
from stripe_sandbox.resources.subscriptions.periods import next_boundary
from stripe_sandbox.resources.subscriptions.shape import items_of, period_of, recurring_of
from stripe_sandbox.state.scope import Scope


def upcoming_invoice(scope: Scope, subscription: JsonObject, further: list[JsonObject] | None = None) -> JsonObject:
    """The invoice at the end of the current period, with the pending items and `further` lines; nothing is recorded."""
    customer = scope.account.customers.get(subscription["customer"]) or {}
    current = period_of(subscription)
    anchor = subscription["billing_cycle_anchor"]
    period = {"end": next_boundary(anchor, recurring_of(subscription), current["end"]), "start": current["end"]}
    lines = [*(further or [])]
    if not subscription["cancel_at_period_end"]:
        lines += [line_of_subscription(scope, subscription, item, period) for item in items_of(subscription)]
    items = pending_items(scope, customer["id"], subscription["currency"], subscription)
    invoice = new_invoice(
        scope,
        customer,
        subscription["currency"],
        Occasion("upcoming", current, subscription),
        {"auto_advance": True, "collection_method": subscription["collection_method"]},
    )
    invoice["next_payment_attempt"] = current["end"]
    put_lines(invoice, [*(line_of_item(scope, item) for item in items), *lines], customer["balance"])
    return invoice
