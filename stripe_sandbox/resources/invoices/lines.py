"""The lines of an invoice: https://docs.stripe.com/api/invoice-line-item/object."""

from stripe_sandbox.balance.currencies import display
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


def pricing_of(price: JsonObject) -> JsonObject:
    """How an amount comes about: a price and what one unit costs."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def line_of_item(scope: Scope, item: JsonObject) -> JsonObject:
    """The line that an invoice item becomes."""
    subscription = (item["parent"] or {}).get("subscription_details")
    details = {
        "invoice_item": item["id"],
        "proration": item["proration"],
        "proration_details": {"credited_items": None},
        "subscription": subscription and subscription["subscription"],
    }
    parent = {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"}
    return _line(
        scope,
        amount=item["amount"],
        currency=item["currency"],
        description=item["description"],
        metadata=item["metadata"],
        parent=parent,
        period=item["period"],
        pricing=item["pricing"],
        quantity=item["quantity"],
    )


def line_of_subscription(
    scope: Scope, subscription: JsonObject, item: JsonObject, period: JsonObject, *, free: bool = False
) -> JsonObject:
    """The line of a subscription's item for one period; `free`: in a trial it costs nothing."""
    price, quantity = item["price"], item["quantity"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    return _line(
        scope,
        amount=0 if free else price["unit_amount"] * quantity,
        currency=price["currency"],
        description=_described(scope, price, quantity, free=free),
        metadata=subscription["metadata"],
        parent={
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        period=period,
        pricing=pricing_of(price),
        quantity=quantity,
    )


def product_name(scope: Scope, price: JsonObject) -> str:
    """What a price's product is called, also when it has been deleted since."""
    product = scope.account.billing.products.get(price["product"]) or {}
    return str(product.get("name", price["product"]))


def _described(scope: Scope, price: JsonObject, quantity: int, *, free: bool) -> str:
    name = product_name(scope, price)
    if free:
        return f"Trial period for {name}"
    every, count = price["recurring"]["interval"], price["recurring"]["interval_count"]
    each = f"every {count} {every}s" if count > 1 else every
    return f"{quantity} × {name} (at {display(price['unit_amount'], price['currency'])} / {each})"  # noqa: RUF001


def _line(
    scope: Scope,
    *,
    amount: int,
    currency: str,
    description: str | None,
    metadata: JsonObject,
    parent: JsonObject,
    period: JsonObject,
    pricing: JsonObject | None,
    quantity: int,
) -> JsonObject:
    return {
        "id": scope.world.ids.new("il"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": dict(metadata),
        "parent": parent,
        "period": dict(period),
        "pretax_credit_amounts": [],
        "pricing": pricing,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": None,
        "subtotal": amount,
        "taxes": [],
    }
