"""The endpoints of `/v1/plans`: the older view on recurring prices, which alone can be deleted."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, no_such_object
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import FormValue, JsonObject
from stripe_sandbox.resources.lookup import living_in_path
from stripe_sandbox.resources.prices.making import UNIT_AMOUNT_MAX, add_price, change_price, tell_price
from stripe_sandbox.resources.prices.naming import active_product, add_product
from stripe_sandbox.resources.prices.shape import as_plan

_PRODUCT = Params({"id": Text(64), "metadata": Metadata(), "name": Text()}, required=("name",))
_RECURRING = ("interval", "interval_count", "trial_period_days")


class _ProductOrData:
    """A product's id, or what a new one is to be."""

    def read(self, value: FormValue, name: str) -> object:
        """Raises `StripeError` for what is neither."""
        return Text().read(value, name) if isinstance(value, str) else _PRODUCT.read(value, name)


_COMMON: dict[str, Field] = {
    "active": Boolean(),
    "metadata": Metadata(),
    "nickname": Text(unset=True),
    "trial_period_days": Integer(0, 730),
}
_CREATE = Params(
    {
        **_COMMON,
        "amount": Integer(0, UNIT_AMOUNT_MAX),
        "billing_scheme": Choice(("per_unit",)),
        "currency": Text(3),
        "id": Text(64),
        "interval": Choice(("day", "month", "week", "year")),
        "interval_count": Integer(1),
        "product": _ProductOrData(),
        "usage_type": Choice(("licensed",)),
    },
    required=("amount", "currency", "interval", "product"),
)


def _create(call: Call) -> JsonObject:
    params, given = call.params, call.params["product"]
    identifier = params.get("id") or call.world.ids.new("plan")
    if call.account.billing.prices.get(identifier) is not None:
        raise conflict("Plan already exists.", code="resource_already_exists", param="id")
    if isinstance(given, str):
        product = active_product(call, given, "product")
    else:
        product = add_product(call, {**given, "metadata": merge_metadata({}, given.get("metadata", {}))})
    recurring = {name: params[name] for name in _RECURRING if params.get(name)}
    price: JsonObject = {
        name: params[name] for name in ("active", "currency", "metadata", "nickname") if name in params
    }
    made = add_price(
        call, product, {**price, "unit_amount": params["amount"], "recurring": recurring}, identifier=identifier
    )
    return as_plan(made)


def _retrieve(call: Call) -> JsonObject:
    return as_plan(_recurring(call))


def _update(call: Call) -> JsonObject:
    price, params = _recurring(call), call.params
    changes: JsonObject = {name: params[name] for name in ("active", "nickname") if name in params}
    if "trial_period_days" in params:
        days = params["trial_period_days"] or None
        changes["recurring"] = {**price["recurring"], "trial_period_days": days}
    if "metadata" in params:
        changes["metadata"] = merge_metadata(price["metadata"], params["metadata"])
    change_price(call, price, changes)
    return as_plan(price)


def _delete(call: Call) -> JsonObject:
    price = _recurring(call)
    tell_price(call, price, "deleted")
    identifier = price["id"]
    price.clear()
    price.update(id=identifier, object="price", deleted=True)
    call.account.billing.prices.reindex(price)
    return {"id": identifier, "object": "plan", "deleted": True}


def _list(call: Call) -> JsonObject:
    active = call.params.get("active")

    def accepts(item: JsonObject) -> bool:
        return bool("deleted" not in item and item["recurring"] and active in (None, item["active"]))

    shown = list_objects(call, "/v1/plans", call.account.billing.prices, ("product",), accepts)
    shown["data"] = [as_plan(price) for price in shown["data"]]
    return shown


def _recurring(call: Call) -> JsonObject:
    price = living_in_path(call, call.account.billing.prices, "plan")
    if not price["recurring"]:
        raise no_such_object("plan", price["id"], "plan", in_path=True)
    return price


ENDPOINTS = (
    Endpoint("POST", "/v1/plans", _create, _CREATE),
    Endpoint("GET", "/v1/plans", _list, list_params({"active": Boolean(), "product": Text()})),
    Endpoint("GET", "/v1/plans/{id}", _retrieve),
    Endpoint("POST", "/v1/plans/{id}", _update, Params(_COMMON)),
    Endpoint("DELETE", "/v1/plans/{id}", _delete),
)
