"""The endpoints of `/v1/prices`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, missing_parameter
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Boolean, Choice, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import living_in_path
from stripe_sandbox.resources.prices.making import (
    CREATE_FIELDS,
    TAX_BEHAVIORS,
    add_price,
    change_price,
    take_lookup_key,
)
from stripe_sandbox.resources.prices.naming import active_product, add_product

_SEARCHABLE = frozenset({"active", "currency", "lookup_key", "product", "type"})
_CREATE = Params(
    {
        **CREATE_FIELDS,
        "product": Text(),
        "product_data": Params(
            {
                "active": Boolean(),
                "id": Text(64),
                "metadata": Metadata(),
                "name": Text(),
                "statement_descriptor": Text(22),
                "unit_label": Text(12),
            },
            required=("name",),
        ),
    },
    required=("currency",),
)
_UPDATE = Params(
    {
        "active": Boolean(),
        "lookup_key": Text(200, unset=True),
        "metadata": Metadata(),
        "nickname": Text(unset=True),
        "tax_behavior": Choice(TAX_BEHAVIORS),
        "transfer_lookup_key": Boolean(),
    }
)


def _create(call: Call) -> JsonObject:
    params = call.params
    if "unit_amount" not in params:
        raise missing_parameter("unit_amount")
    if ("product" in params) == ("product_data" in params):
        raise invalid("You must specify either `product` or `product_data` when creating a price.", param="product")
    if "product" in params:
        product = active_product(call, params["product"], "product")
    else:
        data = {**params["product_data"]}
        data["metadata"] = merge_metadata({}, data.get("metadata", {}))
        product = add_product(call, data)
    return add_price(call, product, params)


def _retrieve(call: Call) -> JsonObject:
    return living_in_path(call, call.account.billing.prices)


def _update(call: Call) -> JsonObject:
    price, params = living_in_path(call, call.account.billing.prices), call.params
    names = ("active", "lookup_key", "nickname", "tax_behavior")
    changes = {name: params[name] for name in names if name in params}
    if changes.get("tax_behavior", price["tax_behavior"]) != price["tax_behavior"] != "unspecified":
        raise invalid("The tax_behavior of a price cannot be changed once it is set.", param="tax_behavior")
    if changes.get("lookup_key") not in (None, price["lookup_key"]):
        take_lookup_key(call, changes["lookup_key"], transfer=params.get("transfer_lookup_key", False))
    if "metadata" in params:
        changes["metadata"] = merge_metadata(price["metadata"], params["metadata"])
    change_price(call, price, changes)
    return price


def _list(call: Call) -> JsonObject:
    params = call.params
    active, keys, recurring = params.get("active"), params.get("lookup_keys"), params.get("recurring", {})

    def accepts(item: JsonObject) -> bool:
        if "deleted" in item or active not in (None, item["active"]):
            return False
        if keys is not None and item["lookup_key"] not in keys:
            return False
        return all((item["recurring"] or {}).get(name) == wanted for name, wanted in recurring.items())

    return list_objects(call, "/v1/prices", call.account.billing.prices, ("product", "currency", "type"), accepts)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/prices/search", call.account.billing.prices, _SEARCHABLE)


ENDPOINTS = (
    Endpoint("POST", "/v1/prices", _create, _CREATE),
    Endpoint(
        "GET",
        "/v1/prices",
        _list,
        list_params(
            {
                "active": Boolean(),
                "currency": Text(),
                "lookup_keys": ListOf(Text()),
                "product": Text(),
                "recurring": Params({"interval": Text(), "usage_type": Text()}),
                "type": Choice(("one_time", "recurring")),
            }
        ),
    ),
    Endpoint("GET", "/v1/prices/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/prices/{id}", _retrieve),
    Endpoint("POST", "/v1/prices/{id}", _update, _UPDATE),
)
