"""Changing a subscription: its items with proration, its trial, its collection, its end.

Source: https://docs.stripe.com/billing/subscriptions/change.
"""

from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.http.params import merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.items import record_item
from stripe_sandbox.resources.subscriptions.billing import bill, period_lines
from stripe_sandbox.resources.subscriptions.cycle import begin_trial, cancel_at, end_trial, restart, watch
from stripe_sandbox.resources.subscriptions.items import items_after
from stripe_sandbox.resources.subscriptions.making import check_chargeable, check_terms
from stripe_sandbox.resources.subscriptions.pending import hold_update
from stripe_sandbox.resources.subscriptions.proration import prorations
from stripe_sandbox.resources.subscriptions.shape import (
    BILLED,
    LIVING,
    items_of,
    period_of,
    put_items,
    recurring_of,
    tell,
)
from stripe_sandbox.state.scope import Scope

_PLAIN = (
    "application_fee_percent",
    "cancel_at_period_end",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "description",
    "on_behalf_of",
    "transfer_data",
    "trial_settings",
)
_OF_PENDING_UPDATES = frozenset({"items", "off_session", "payment_behavior", "proration_behavior", "proration_date"})
_SHOWN = (*_PLAIN, "canceled_at", "cancellation_details", "items", "metadata", "pause_collection", "payment_settings")


def update(scope: Scope, subscription: JsonObject, params: JsonObject) -> None:
    """Does what an update says.

    Raises:
        StripeError: 400, the subscription has ended or the parameters do not go together; 402, with
            `payment_behavior=error_if_incomplete`, the invoice would not be paid.
    """
    if subscription["status"] not in LIVING:
        raise ended(subscription)
    method = str(params.get("collection_method", subscription["collection_method"]))
    check_terms(scope, params, subscription["customer"], method)
    if params.get("payment_behavior") == "pending_if_incomplete" and not params.keys() <= _OF_PENDING_UPDATES:
        other = min(params.keys() - _OF_PENDING_UPDATES)
        message = f"You cannot update {other} with `payment_behavior=pending_if_incomplete`."
        raise invalid(message, param=other)
    after = items_after(scope, subscription, params["items"]) if "items" in params else None
    moment = _proration_moment(scope, subscription, params)
    if after is not None:
        _check_interval(subscription, after)
    before = {name: subscription[name] for name in _SHOWN}
    _put_plain(scope, subscription, params)
    if after is not None:
        _change_items(scope, subscription, after, moment, params)
    tell(scope, subscription, before)
    if "trial_end" in params:
        _change_trial(scope, subscription, params["trial_end"])
    elif params.get("billing_cycle_anchor") == "now":
        _begin_anew(scope, subscription, params)
    if "cancel_at" in params:
        cancel_at(scope, subscription, params["cancel_at"])


def ended(subscription: JsonObject) -> StripeError:
    """Stripe's refusal to change what has ended."""
    if subscription["status"] == "canceled":
        return conflict(
            "A canceled subscription can only update its cancellation_details and metadata.", code="resource_missing"
        )
    return conflict(f"A subscription that is {subscription['status']} cannot be updated.")


def _put_plain(scope: Scope, subscription: JsonObject, params: JsonObject) -> None:
    subscription.update({name: params[name] for name in _PLAIN if name in params})
    if "metadata" in params:
        subscription["metadata"] = merge_metadata(subscription["metadata"], params["metadata"])
    if "payment_settings" in params:
        subscription["payment_settings"] = {**subscription["payment_settings"], **params["payment_settings"]}
    if "cancellation_details" in params:
        details = {**subscription["cancellation_details"], **params["cancellation_details"]}
        subscription["cancellation_details"] = details
    if "cancel_at_period_end" in params:
        stops = params["cancel_at_period_end"]
        reason = "cancellation_requested" if stops else None
        subscription["cancellation_details"] = {**subscription["cancellation_details"], "reason": reason}
        subscription["canceled_at"] = scope.now if stops else None
    if "pause_collection" in params:
        _pause(scope, subscription, params["pause_collection"])


def _pause(scope: Scope, subscription: JsonObject, given: JsonObject | None) -> None:
    paused = given and {"behavior": given["behavior"], "resumes_at": given.get("resumes_at")}
    subscription["pause_collection"] = paused
    if not paused or paused["resumes_at"] is None:
        return
    if paused["resumes_at"] <= scope.now:
        raise invalid("resumes_at must be in the future.", param="pause_collection[resumes_at]")
    later = scope.by_itself

    def collect_again() -> None:
        if subscription["pause_collection"] is paused and subscription["status"] in LIVING:
            subscription["pause_collection"] = None
            tell(later, subscription, {"pause_collection": paused})

    scope.world.scheduler.at(paused["resumes_at"], collect_again)


def _proration_moment(scope: Scope, subscription: JsonObject, params: JsonObject) -> int:
    moment = params.get("proration_date", scope.now)
    period = period_of(subscription)
    if "proration_date" in params and not period["start"] <= moment <= period["end"]:
        raise invalid("proration_date must be within the current period.", param="proration_date")
    return int(moment)


def _check_interval(subscription: JsonObject, after: list[JsonObject]) -> None:
    now, wanted = recurring_of(subscription), after[0]["price"]["recurring"]
    if (now["interval"], now["interval_count"]) != (wanted["interval"], wanted["interval_count"]):
        raise invalid(
            "The sandbox does not move a subscription to prices of another interval: cancel it and begin another.",
            param="items",
        )
    if after[0]["price"]["currency"] != subscription["currency"]:
        message = f"The price specified only supports `{after[0]['price']['currency']}`."
        raise invalid(message, param="items")


def _change_items(
    scope: Scope, subscription: JsonObject, after: list[JsonObject], moment: int, params: JsonObject
) -> None:
    """Takes over other items; for the rest of a paid period the difference is billed or given back."""
    proration = params.get("proration_behavior", "create_prorations")
    behavior = params.get("payment_behavior", "allow_incomplete")
    paid_for = subscription["status"] in BILLED and subscription["status"] != "trialing"
    made = prorations(scope, subscription, after, moment) if paid_for and proration != "none" else []
    due = sum(int(item["amount"]) for item in made)
    at_once = proration == "always_invoice" and bool(made)
    if at_once and behavior in ("error_if_incomplete", "pending_if_incomplete"):
        check_chargeable(scope, subscription, max(0, due), behavior)
    if behavior == "pending_if_incomplete" and at_once:
        hold_update(scope, subscription, after)
    else:
        put_items(subscription, after)
    for item in made:
        record_item(scope, item)
    if at_once:
        bill(scope, subscription, "subscription_update", [], "at_once", period_of(subscription))


def _change_trial(scope: Scope, subscription: JsonObject, wanted: str | int) -> None:
    if wanted == "now":
        if subscription["status"] == "trialing":
            end_trial(scope, subscription, at_once=True)
        return
    if int(wanted) <= scope.now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end")
    names = ("billing_cycle_anchor", "items", "status", "trial_end", "trial_start")
    before = {name: subscription[name] for name in names}
    begin_trial(scope, subscription, int(wanted))
    watch(scope, subscription)
    tell(scope, subscription, before)


def _begin_anew(scope: Scope, subscription: JsonObject, params: JsonObject) -> None:
    """The periods count from now on: the rest of the current one is given back, a full one is billed at once."""
    if params.get("proration_behavior") != "none" and subscription["status"] != "trialing":
        for item in prorations(scope, subscription, [], scope.now):
            record_item(scope, item)
    before = {name: subscription[name] for name in ("billing_cycle_anchor", "items", "latest_invoice")}
    restart(scope, subscription)
    bill(scope, subscription, "subscription_update", period_lines(scope, subscription), "at_once")
    tell(scope, subscription, before)


def stop(scope: Scope, subscription: JsonObject, *, prorate: bool) -> None:
    """Before a subscription is canceled: gives the rest of its period back, if that is wanted."""
    if prorate and subscription["status"] in ("active", "past_due") and items_of(subscription):
        for item in prorations(scope, subscription, [], scope.now):
            record_item(scope, item)
