"""From period to period: trials end, periods follow each other, each brings an invoice, as sandbox time passes."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.paying import default_method
from stripe_sandbox.resources.invoices.shape import parent_of
from stripe_sandbox.resources.subscriptions.billing import Collection, bill, period_lines
from stripe_sandbox.resources.subscriptions.ending import end
from stripe_sandbox.resources.subscriptions.periods import next_boundary
from stripe_sandbox.resources.subscriptions.shape import BILLED, change, period_of, put_period, recurring_of, tell
from stripe_sandbox.resources.subscriptions.upcoming import upcoming_invoice
from stripe_sandbox.state.scope import Scope

_DAY_S = 86_400
UPCOMING_BEFORE_S = 7 * _DAY_S
TRIAL_WARNING_BEFORE_S = 3 * _DAY_S
_SHOWN = ("billing_cycle_anchor", "items", "latest_invoice", "status", "trial_end", "trial_start")


def watch(scope: Scope, subscription: JsonObject) -> None:
    """Sets what is to happen in the current period: notices on the way, and its end."""
    later = scope.by_itself
    at, stop = scope.world.scheduler.at, period_of(subscription)["end"]
    at(stop, lambda: _period_ended(later, subscription, stop))
    if subscription["status"] == "trialing":
        at(max(scope.now, stop - TRIAL_WARNING_BEFORE_S), lambda: _trial_ends_soon(later, subscription, stop))
    elif stop - UPCOMING_BEFORE_S > scope.now:
        at(stop - UPCOMING_BEFORE_S, lambda: _invoice_comes(later, subscription, stop))


def has_method(scope: Scope, subscription: JsonObject) -> bool:
    """Whether there is anything to charge its invoices to."""
    stand_in = {
        "customer": subscription["customer"],
        "default_payment_method": None,
        "parent": parent_of(subscription),
    }
    return default_method(scope, stand_in) is not None


def begin_trial(scope: Scope, subscription: JsonObject, trial_end: int) -> None:
    """Nothing is paid until `trial_end`, and the periods count from there."""
    subscription.update(
        billing_cycle_anchor=trial_end,
        status="trialing",
        trial_end=trial_end,
        trial_start=subscription["trial_start"] or scope.now,
    )
    put_period(subscription, scope.now, trial_end)


def end_trial(scope: Scope, subscription: JsonObject, *, at_once: bool) -> None:
    """The trial is over: the first period that costs something begins, unless there is nothing to charge it to."""
    charged = subscription["collection_method"] == "charge_automatically"
    wanted = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    before = {name: subscription[name] for name in _SHOWN}
    if at_once:
        subscription["trial_end"] = scope.now
    if charged and wanted != "create_invoice" and not has_method(scope, subscription):
        if wanted == "cancel":
            end(scope, subscription, "payment_failed")
            return
        subscription["status"] = "paused"
        scope.emit("customer.subscription.paused", subscription)
        tell(scope, subscription, before)
        return
    subscription["status"] = "active"
    restart(scope, subscription)
    tell(scope, subscription, before)
    reason = "subscription_update" if at_once else "subscription_cycle"
    _bill(scope, subscription, reason, "at_once" if at_once else "in_an_hour")


def restart(scope: Scope, subscription: JsonObject) -> None:
    """A period begins now, and all that follow count from here."""
    subscription["billing_cycle_anchor"] = scope.now
    put_period(subscription, scope.now, next_boundary(scope.now, recurring_of(subscription), scope.now))
    watch(scope, subscription)


def _period_ended(scope: Scope, subscription: JsonObject, moment: int) -> None:
    """What is due at the end of a period, unless the subscription has ended or moved to other periods since."""
    if subscription["status"] not in BILLED or period_of(subscription)["end"] != moment:
        return
    if subscription["cancel_at_period_end"]:
        end(scope, subscription, "cancellation_requested")
        return
    if subscription["status"] == "trialing":
        end_trial(scope, subscription, at_once=False)
        return
    before = {name: subscription[name] for name in _SHOWN}
    past = period_of(subscription)
    anchor = subscription["billing_cycle_anchor"]
    put_period(subscription, moment, next_boundary(anchor, recurring_of(subscription), moment))
    watch(scope, subscription)
    tell(scope, subscription, before)
    _bill(scope, subscription, "subscription_cycle", "in_an_hour", past)


def _bill(
    scope: Scope, subscription: JsonObject, reason: str, collection: Collection, period: JsonObject | None = None
) -> None:
    bill(scope, subscription, reason, period_lines(scope, subscription), collection, period)


def _trial_ends_soon(scope: Scope, subscription: JsonObject, moment: int) -> None:
    if subscription["status"] == "trialing" and subscription["trial_end"] == moment:
        scope.emit("customer.subscription.trial_will_end", subscription)


def _invoice_comes(scope: Scope, subscription: JsonObject, moment: int) -> None:
    """Tells of the next invoice a week before; it has no id yet."""
    if subscription["status"] not in BILLED or period_of(subscription)["end"] != moment:
        return
    if subscription["cancel_at_period_end"] or subscription["pause_collection"] is not None:
        return
    invoice = upcoming_invoice(scope, subscription)
    del invoice["id"]
    for line in invoice["lines"]["data"]:
        line["invoice"] = None
    scope.emit("invoice.upcoming", invoice)


def cancel_at(scope: Scope, subscription: JsonObject, moment: int | None) -> None:
    """Ends the subscription at a moment; None takes that back."""
    change(scope, subscription, {"cancel_at": moment, "canceled_at": None if moment is None else scope.now})
    if moment is not None:
        later = scope.by_itself
        scope.world.scheduler.at(moment, lambda: _cancel_time(later, subscription, moment))


def _cancel_time(scope: Scope, subscription: JsonObject, moment: int) -> None:
    if subscription["status"] in BILLED and subscription["cancel_at"] == moment:
        end(scope, subscription, "cancellation_requested")
