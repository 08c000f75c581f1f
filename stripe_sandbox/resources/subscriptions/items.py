"""The items of a subscription: a price and how many of it, with the period that is being billed.

https://docs.stripe.com/api/subscription_items/object.
"""

from stripe_sandbox.http.errors import conflict, invalid, missing_parameter
from stripe_sandbox.http.params import merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_by_parameter
from stripe_sandbox.resources.prices.making import add_price
from stripe_sandbox.resources.prices.naming import active_product
from stripe_sandbox.resources.prices.shape import as_plan
from stripe_sandbox.state.scope import Scope

ITEMS_MAX = 20


def new_item(scope: Scope, subscription: str, price: JsonObject, params: JsonObject) -> JsonObject:
    """An item without a period."""
    return {
        "id": scope.world.ids.new("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": scope.now,
        "current_period_end": None,
        "current_period_start": None,
        "discounts": [],
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "plan": as_plan(price),
        "price": dict(price),
        "quantity": params.get("quantity", 1),
        "subscription": subscription,
        "tax_rates": [],
    }


def chosen_price(scope: Scope, params: JsonObject, param: str, *, recurring: bool = True) -> JsonObject:
    """The price that an item names or brings along.

    Raises:
        StripeError: 400, there is none, or it is not billed in this way.
    """
    if ("price" in params) == ("price_data" in params):
        raise missing_parameter(f"{param}[price]")
    if "price" in params:
        price = named_by_parameter(scope.account.billing.prices, params["price"], f"{param}[price]")
        if not price["active"]:
            raise conflict("The price specified is inactive. This field only accepts active prices.", param=param)
    else:
        data, inner = params["price_data"], f"{param}[price_data]"
        if "product" not in data:
            raise missing_parameter(f"{inner}[product]")
        if ("recurring" in data) != recurring:
            raise invalid("A subscription's items are recurring, its further invoice items are not.", param=inner)
        product = active_product(scope, data["product"], f"{inner}[product]")
        price = add_price(scope, product, {**data, "active": False}, param=inner)
    if bool(price["recurring"]) != recurring:
        wanted, given = ("recurring", "one_time") if recurring else ("one_time", "recurring")
        raise invalid(
            f"The price specified is set to `type={given}` but this field only accepts prices with `type={wanted}`.",
            param=f"{param}[price]",
        )
    return price


def check_together(items: list[JsonObject]) -> None:
    """Checks that the items of a subscription can be billed together.

    Raises:
        StripeError: 400, their intervals or currencies differ, a price is there twice, or there are too many.
    """
    if not items:
        raise invalid("A subscription must have at least one active plan.", param="items")
    if len(items) > ITEMS_MAX:
        raise invalid(f"Subscriptions can have at most {ITEMS_MAX} items.", param="items")
    prices = [item["price"] for item in items]
    billed = {(one["currency"], one["recurring"]["interval"], one["recurring"]["interval_count"]) for one in prices}
    if len(billed) > 1:
        raise invalid("Currency and interval fields must match across all plans on this subscription.", param="items")
    if len({price["id"] for price in prices}) < len(prices):
        raise invalid("Cannot add multiple subscription items with the same plan.", param="items")


def items_after(scope: Scope, subscription: JsonObject, changes: list[JsonObject]) -> list[JsonObject]:
    """The subscription's items as an update wants them, as copies.

    Raises:
        StripeError: 400, an item is none of this subscription, or the items do not go together.
    """
    after = {item["id"]: dict(item) for item in subscription["items"]["data"]}
    period = {name: next(iter(after.values()))[name] for name in ("current_period_end", "current_period_start")}
    for position, change in enumerate(changes):
        param = f"items[{position}]"
        identifier = change.get("id")
        if identifier is None:
            added = new_item(scope, subscription["id"], chosen_price(scope, change, param), change)
            after[added["id"]] = {**added, **period}
            continue
        if identifier not in after:
            raise invalid(f"No such subscription item: '{identifier}'", param=f"{param}[id]", code="resource_missing")
        if change.get("deleted", False):
            del after[identifier]
            continue
        item = after[identifier]
        if change.keys() & {"price", "price_data"}:
            price = chosen_price(scope, change, param)
            item.update(plan=as_plan(price), price=dict(price))
        if "quantity" in change:
            item["quantity"] = change["quantity"]
        if "metadata" in change:
            item["metadata"] = merge_metadata(item["metadata"], change["metadata"])
    items = list(after.values())
    check_together(items)
    return items
