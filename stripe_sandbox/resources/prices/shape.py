"""The price as an object, and the plan, which is the same thing seen through an older API.

Source: https://docs.stripe.com/api/prices/object and https://docs.stripe.com/api/plans/object.
"""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


def new_price(scope: Scope, identifier: str, product: JsonObject, params: JsonObject) -> JsonObject:
    """A price as it is right after its creation, not yet recorded."""
    recurring = params.get("recurring")
    return {
        "id": identifier,
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": scope.now,
        "currency": params["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": params.get("lookup_key"),
        "metadata": params.get("metadata") or {},
        "nickname": params.get("nickname"),
        "product": product["id"],
        "recurring": recurring
        and {
            "interval": recurring["interval"],
            "interval_count": recurring.get("interval_count", 1),
            "meter": None,
            "trial_period_days": recurring.get("trial_period_days"),
            "usage_type": "licensed",
        },
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
    }


def as_plan(price: JsonObject) -> JsonObject:
    """A recurring price as a plan."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": "licensed",
    }
