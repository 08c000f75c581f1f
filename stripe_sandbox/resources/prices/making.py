"""Making prices and changing them; a recurring price is told as a plan too."""

from stripe_sandbox.http.errors import conflict, invalid
from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.prices.shape import as_plan, new_price
from stripe_sandbox.state.scope import Scope

UNIT_AMOUNT_MAX = 999_999_999_999
INTERVALS_MAX = {"day": 1_095, "month": 36, "week": 156, "year": 3}
"""An interval is three years at most (https://docs.stripe.com/api/prices/create)."""

TAX_BEHAVIORS = ("exclusive", "inclusive", "unspecified")
RECURRING = Params(
    {
        "interval": Choice(("day", "month", "week", "year")),
        "interval_count": Integer(1),
        "trial_period_days": Integer(1, 730),
        "usage_type": Choice(("licensed",)),
    },
    required=("interval",),
)
_COMMON: dict[str, Field] = {
    "currency": Text(3),
    "metadata": Metadata(),
    "recurring": RECURRING,
    "tax_behavior": Choice(TAX_BEHAVIORS),
    "unit_amount": Integer(0, UNIT_AMOUNT_MAX),
}
PRICE_DATA = Params(_COMMON, required=("currency", "unit_amount"))
CREATE_FIELDS: dict[str, Field] = {
    **_COMMON,
    "active": Boolean(),
    "billing_scheme": Choice(("per_unit",)),
    "lookup_key": Text(200),
    "nickname": Text(),
    "transfer_lookup_key": Boolean(),
}


def add_price(
    scope: Scope, product: JsonObject, params: JsonObject, *, identifier: str | None = None, param: str = ""
) -> JsonObject:
    """Records a price of a product and tells of it.

    Raises:
        StripeError: 400, the currency is none, the interval too long or the lookup key another's.
    """
    params = {**params, "currency": check_currency(params["currency"])}
    params["metadata"] = merge_metadata({}, params.get("metadata", {}))
    _check_interval(params.get("recurring"), param)
    price = new_price(scope, identifier or scope.world.ids.new("price"), product, params)
    if price["lookup_key"] is not None:
        take_lookup_key(scope, price["lookup_key"], transfer=params.get("transfer_lookup_key", False))
    scope.account.billing.prices.add(price)
    tell_price(scope, price, "created")
    return price


def change_price(scope: Scope, price: JsonObject, changes: JsonObject) -> None:
    """Writes changes into a price and tells of them, if they change anything."""
    previous = {name: price[name] for name, value in changes.items() if price[name] != value}
    price.update(changes)
    if previous:
        tell_price(scope, price, "updated", previous)


def take_lookup_key(scope: Scope, key: str, *, transfer: bool) -> None:
    """Makes a lookup key free for a price, by taking it off another if that is wanted.

    Raises:
        StripeError: 400, another active price has it.
    """
    for other in scope.account.billing.prices:
        if other.get("lookup_key") != key:
            continue
        if not transfer:
            message = f"A price (`{other['id']}`) already uses that lookup key."
            raise conflict(message, param="lookup_key", code="resource_already_exists")
        change_price(scope, other, {"lookup_key": None})


def tell_price(scope: Scope, price: JsonObject, what: str, previous: JsonObject | None = None) -> None:
    """An event about a price, and about its plan if it has one."""
    if price["recurring"]:
        plan = as_plan(price)
        known = None if previous is None else {name: old for name, old in previous.items() if name in plan}
        if known is None or known:
            scope.emit(f"plan.{what}", plan, known)
    scope.emit(f"price.{what}", price, previous)


def _check_interval(recurring: JsonObject | None, param: str) -> None:
    if recurring is None:
        return
    longest = INTERVALS_MAX[recurring["interval"]]
    if recurring.get("interval_count", 1) > longest:
        where = f"{param}[recurring]" if param else "recurring"
        message = f"Invalid interval_count: must be at most {longest} for an interval of {recurring['interval']}."
        raise invalid(message, param=f"{where}[interval_count]")
