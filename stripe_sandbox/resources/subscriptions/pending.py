"""Pending updates: changes that take effect once their invoice is paid.

Source: https://docs.stripe.com/billing/subscriptions/pending-updates.
"""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.ending import void
from stripe_sandbox.resources.invoices.payments import is_processing
from stripe_sandbox.resources.subscriptions.shape import items_of, put_items, tell
from stripe_sandbox.state.scope import Scope

PENDING_FOR_S = 23 * 3_600
"""How long the customer has to pay."""
_BANK_ASKED_EVERY_S = 24 * 3_600
"""When the customer has paid but the bank has not answered: how long until it is looked at again."""


def hold_update(scope: Scope, subscription: JsonObject, items: list[JsonObject]) -> None:
    """Keeps the items that a subscription is to have; they show from now on and expire after 23 hours."""
    before = {"pending_update": subscription["pending_update"]}
    expires_at = scope.now + PENDING_FOR_S
    subscription["pending_update"] = {
        "billing_cycle_anchor": None,
        "discounts": None,
        "expires_at": expires_at,
        "metadata": None,
        "subscription_items": items,
        "trial_end": None,
        "trial_from_plan": None,
    }
    tell(scope, subscription, before)
    _expire_at(scope, subscription, expires_at)


def apply_pending(scope: Scope, subscription: JsonObject, invoice: JsonObject) -> None:
    """The invoice of a pending update is paid: the update takes effect."""
    held = subscription["pending_update"]
    if held is None or subscription["latest_invoice"] != invoice["id"]:
        return
    before = {"items": subscription["items"], "pending_update": held}
    subscription["pending_update"] = None
    period = {name: items_of(subscription)[0][name] for name in ("current_period_end", "current_period_start")}
    put_items(subscription, [{**item, **period} for item in held["subscription_items"]])
    scope.emit("customer.subscription.pending_update_applied", subscription)
    tell(scope, subscription, before)


def _expire_at(scope: Scope, subscription: JsonObject, moment: int) -> None:
    later, held = scope.by_itself, subscription["pending_update"]
    scope.world.scheduler.at(moment, lambda: _expire(later, subscription, held))


def _expire(scope: Scope, subscription: JsonObject, held: JsonObject) -> None:
    if subscription["pending_update"] is not held:
        return
    invoice = scope.account.billing.invoices.get(subscription["latest_invoice"] or "")
    if invoice is not None and is_processing(scope.account, invoice):
        _expire_at(scope, subscription, scope.now + _BANK_ASKED_EVERY_S)
        return
    subscription["pending_update"] = None
    scope.emit("customer.subscription.pending_update_expired", subscription)
    if invoice is not None and invoice["status"] == "open":
        void(scope, invoice)
    tell(scope, subscription, {"pending_update": held})
