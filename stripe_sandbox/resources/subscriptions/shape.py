"""The subscription as an object: https://docs.stripe.com/api/subscriptions/object."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

LIVING = ("active", "incomplete", "past_due", "paused", "trialing", "unpaid")
"""A subscription in any other state does not come back."""

BILLED = ("active", "past_due", "trialing", "unpaid")
"""Subscriptions whose periods go on."""

_PLAIN = (
    "application_fee_percent",
    "cancel_at",
    "days_until_due",
    "default_payment_method",
    "description",
    "on_behalf_of",
    "transfer_data",
)


def new_subscription(scope: Scope, currency: str, params: JsonObject) -> JsonObject:
    """A subscription without items and periods, not yet recorded."""
    identifier = scope.world.ids.new("sub")
    mode = params.get("billing_mode", {}).get("type", "flexible")
    return {
        "id": identifier,
        "object": "subscription",
        **{name: params.get(name) for name in _PLAIN},
        "application": None if scope.account.is_platform else scope.world.platform.application,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": scope.now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"} if mode == "flexible" else None, "type": mode},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at_period_end": params.get("cancel_at_period_end", False),
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": params.get("collection_method", "charge_automatically"),
        "created": scope.now,
        "currency": currency,
        "customer": params["customer"],
        "customer_account": None,
        "default_source": None,
        "default_tax_rates": [],
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={identifier}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata") or {},
        "next_pending_invoice_item_invoice": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": params.get("payment_settings", {}).get("save_default_payment_method", "off"),
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": scope.now,
        "status": "incomplete",
        "test_clock": None,
        "trial_end": None,
        "trial_settings": params.get("trial_settings")
        or {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def items_of(subscription: JsonObject) -> list[JsonObject]:
    """The items."""
    items: list[JsonObject] = subscription["items"]["data"]
    return items


def put_items(subscription: JsonObject, items: list[JsonObject]) -> None:
    """Replaces the items; the list that was is left as it was."""
    subscription["items"] = {**subscription["items"], "data": items}


def recurring_of(subscription: JsonObject) -> JsonObject:
    """How often the subscription is billed: its items all agree on it."""
    recurring: JsonObject = items_of(subscription)[0]["price"]["recurring"]
    return recurring


def period_of(subscription: JsonObject) -> JsonObject:
    """The current period, in Unix seconds."""
    item = items_of(subscription)[0]
    return {"end": item["current_period_end"], "start": item["current_period_start"]}


def put_period(subscription: JsonObject, start: int, end: int) -> None:
    """Moves all items to another period."""
    moved = [{**item, "current_period_end": end, "current_period_start": start} for item in items_of(subscription)]
    put_items(subscription, moved)


def change(scope: Scope, subscription: JsonObject, changes: JsonObject) -> None:
    """Writes changes and tells of them, if they change anything."""
    before = {name: subscription[name] for name in changes}
    subscription.update(changes)
    tell(scope, subscription, before)


def tell(scope: Scope, subscription: JsonObject, before: JsonObject) -> None:
    """`customer.subscription.updated`, if anything differs from `before`."""
    previous = {name: old for name, old in before.items() if subscription[name] != old}
    if previous:
        scope.emit("customer.subscription.updated", subscription, previous)
