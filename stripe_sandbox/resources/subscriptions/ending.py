"""The end of a subscription: at once, at the end of its period, or because nobody pays."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.ending import void
from stripe_sandbox.resources.invoices.shape import subscription_of
from stripe_sandbox.resources.subscriptions.shape import LIVING, tell
from stripe_sandbox.state.scope import Scope

INCOMPLETE_FOR_S = 23 * 3_600
"""How long the first invoice of a subscription can be paid."""


def end(scope: Scope, subscription: JsonObject, reason: str, details: JsonObject | None = None) -> None:
    """Cancels a subscription; what it still has open is not collected by itself any more."""
    subscription.update(
        cancellation_details={**subscription["cancellation_details"], **(details or {}), "reason": reason},
        canceled_at=subscription["canceled_at"] or scope.now,
        ended_at=scope.now,
        pending_update=None,
        status="canceled",
    )
    for invoice in scope.account.billing.invoices.matching("customer", subscription["customer"]):
        if subscription_of(invoice) == subscription["id"] and invoice["status"] in ("draft", "open"):
            invoice.update(auto_advance=False, next_payment_attempt=None)
    scope.emit("customer.subscription.deleted", subscription)


def expire_incomplete(scope: Scope, subscription: JsonObject) -> None:
    """The first invoice was not paid in time: the subscription never began."""
    if subscription["status"] != "incomplete":
        return
    before = {name: subscription[name] for name in ("ended_at", "status")}
    subscription.update(ended_at=scope.now, status="incomplete_expired")
    invoice = scope.account.billing.invoices.get(subscription["latest_invoice"] or "")
    if invoice is not None and invoice["status"] == "open":
        void(scope, invoice)
    tell(scope, subscription, before)


def cancel_all_of(scope: Scope, customer: str) -> None:
    """A customer is deleted: their subscriptions end with them."""
    for subscription in scope.account.billing.subscriptions.matching("customer", customer):
        if subscription["status"] in LIVING:
            end(scope, subscription, "cancellation_requested")
