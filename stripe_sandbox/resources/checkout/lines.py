"""The items of a checkout session: https://docs.stripe.com/api/checkout/sessions/line_items."""

from stripe_sandbox.http.errors import conflict, invalid, missing_parameter
from stripe_sandbox.http.params import merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.lines import product_name
from stripe_sandbox.resources.lookup import named_by_parameter
from stripe_sandbox.resources.prices.making import add_price
from stripe_sandbox.resources.prices.naming import active_product, add_product
from stripe_sandbox.state.account import AccountState
from stripe_sandbox.state.scope import Scope

LINES_MAX = 100


def lines_from(scope: Scope, given: list[JsonObject], mode: str) -> list[JsonObject]:
    """The session's items as the parameters describe them.

    Raises:
        StripeError: 400, a price is not there or does not go with the mode, or the currencies differ.
    """
    if not given:
        raise missing_parameter("line_items")
    if len(given) > LINES_MAX:
        raise invalid(f"You may pass at most {LINES_MAX} line items.", param="line_items")
    lines = [_line(scope, item, f"line_items[{at}]") for at, item in enumerate(given)]
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    recurring = [line for line in lines if line["price"]["recurring"]]
    if mode == "payment" and recurring:
        raise invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices.",
            param="line_items",
        )
    if mode == "subscription" and not recurring:
        raise invalid(
            "You must provide at least one recurring price in `subscription` mode when using prices.",
            param="line_items",
        )
    return lines


def list_of_lines(account: AccountState, session: JsonObject) -> JsonObject:
    """The items as the list that a session shows when it is asked to."""
    lines = account.checkout_lines.get(session["id"], [])
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "data": lines, "has_more": False, "url": url}


def _line(scope: Scope, given: JsonObject, param: str) -> JsonObject:
    price = _price(scope, given, param)
    quantity = given.get("quantity", 1)
    amount = price["unit_amount"] * quantity
    return {
        "id": scope.world.ids.new("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product_name(scope, price),
        "metadata": {},
        "price": dict(price),
        "quantity": quantity,
    }


def _price(scope: Scope, given: JsonObject, param: str) -> JsonObject:
    if ("price" in given) == ("price_data" in given):
        raise missing_parameter(f"{param}[price]")
    if "price" in given:
        price = named_by_parameter(scope.account.billing.prices, given["price"], f"{param}[price]")
        if not price["active"]:
            raise conflict("The price specified is inactive. This field only accepts active prices.", param=param)
        return price
    data, inner = given["price_data"], f"{param}[price_data]"
    if ("product" in data) == ("product_data" in data):
        raise missing_parameter(f"{inner}[product_data]")
    if "product" in data:
        product = active_product(scope, data["product"], f"{inner}[product]")
    else:
        wanted = data["product_data"]
        product = add_product(scope, {**wanted, "metadata": merge_metadata({}, wanted.get("metadata", {}))})
    return add_price(scope, product, {**data, "active": False}, param=inner)
