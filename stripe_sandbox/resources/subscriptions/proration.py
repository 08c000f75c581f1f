"""Proration: what was paid for and not used comes back, what is used from now on is billed, to the second.

Source: https://docs.stripe.com/billing/subscriptions/prorations.
"""

from datetime import UTC, datetime

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.items import new_item
from stripe_sandbox.resources.invoices.lines import pricing_of, product_name
from stripe_sandbox.resources.subscriptions.shape import items_of
from stripe_sandbox.state.scope import Scope


def prorations(scope: Scope, subscription: JsonObject, after: list[JsonObject], moment: int) -> list[JsonObject]:
    """Invoice items, not yet recorded, for the change from the subscription's items to `after` at `moment`."""
    before = {item["id"]: item for item in items_of(subscription)}
    wanted = {item["id"]: item for item in after}
    made: list[JsonObject] = []
    for identifier in [*before, *(name for name in wanted if name not in before)]:
        old, new = before.get(identifier), wanted.get(identifier)
        if old is not None and new is not None and _same(old, new):
            continue
        if old is not None:
            made.append(_part(scope, subscription, old, moment, credit=True))
        if new is not None:
            made.append(_part(scope, subscription, new, moment, credit=False))
    return made


def _same(old: JsonObject, new: JsonObject) -> bool:
    return bool(old["price"]["id"] == new["price"]["id"] and old["quantity"] == new["quantity"])


def _part(scope: Scope, subscription: JsonObject, item: JsonObject, moment: int, *, credit: bool) -> JsonObject:
    """The rest of the period for one item: given back, or billed."""
    price, quantity = item["price"], item["quantity"]
    start, end = item["current_period_start"], item["current_period_end"]
    full = price["unit_amount"] * quantity
    # Rounded half up, in whole numbers.
    amount = (2 * full * (end - moment) + (end - start)) // (2 * (end - start))
    name = product_name(scope, price)
    many = f"{quantity} × {name}" if quantity != 1 else name  # noqa: RUF001
    day = datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y")
    customer = {"id": subscription["customer"]}
    return new_item(
        scope,
        customer,
        amount=-amount if credit else amount,
        currency=price["currency"],
        description=f"Unused time on {many} after {day}" if credit else f"Remaining time on {many} after {day}",
        period={"end": end, "start": moment},
        pricing=pricing_of(price),
        proration=True,
        quantity=quantity,
        subscription=subscription["id"],
        subscription_item=item["id"],
    )
