"""`/v1/products`: what is sold: https://docs.stripe.com/api/products/object."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Boolean, Field, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import living_in_path, named_by_parameter
from stripe_sandbox.resources.prices.making import PRICE_DATA, add_price
from stripe_sandbox.resources.prices.naming import new_product
from stripe_sandbox.state.scope import Scope

_SEARCHABLE = frozenset({"active", "description", "name", "url"})
_IMAGES_MAX = 8
_PLAIN = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)
_FIELDS: dict[str, Field] = {
    "active": Boolean(),
    "description": Text(40_000, unset=True),
    "images": ListOf(Text()),
    "marketing_features": ListOf(Params({"name": Text(80)}, required=("name",))),
    "metadata": Metadata(),
    "name": Text(),
    "shippable": Boolean(),
    "statement_descriptor": Text(22),
    "tax_code": Text(unset=True),
    "unit_label": Text(12, unset=True),
    "url": Text(unset=True),
}


def _create(call: Call) -> JsonObject:
    params = call.params
    if "id" in params and call.account.billing.products.get(params["id"]) is not None:
        raise conflict(f"Product already exists with id {params['id']}.", code="resource_already_exists", param="id")
    product = new_product(call, params["name"], params.get("id"))
    product.update(_changes(product, params))
    call.account.billing.products.add(product)
    call.emit("product.created", product)
    if "default_price_data" in params:
        price = add_price(call, product, params["default_price_data"])
        product["default_price"] = price["id"]
        call.emit("product.updated", product, {"default_price": None})
    return product


def _retrieve(call: Call) -> JsonObject:
    return living_in_path(call, call.account.billing.products)


def _update(call: Call) -> JsonObject:
    product, params = living_in_path(call, call.account.billing.products), call.params
    changes = _changes(product, params)
    if "default_price" in params:
        price = named_by_parameter(call.account.billing.prices, params["default_price"], "default_price")
        if price["product"] != product["id"]:
            message = f"The price specified is attached to a different product: {price['product']}."
            raise invalid(message, param="default_price")
        changes["default_price"] = price["id"]
    apply_product(call, product, changes)
    return product


def apply_product(scope: Scope, product: JsonObject, changes: JsonObject) -> None:
    """Writes changes into a product and tells of them, if they change anything."""
    previous = {name: product[name] for name, value in changes.items() if product[name] != value}
    if previous:
        product.update(changes, updated=scope.now)
        scope.emit("product.updated", product, previous)


def _delete(call: Call) -> JsonObject:
    product = living_in_path(call, call.account.billing.products)
    if any("deleted" not in price for price in call.account.billing.prices.matching("product", product["id"])):
        raise _has_prices()
    call.emit("product.deleted", product)
    identifier = product["id"]
    product.clear()
    product.update(id=identifier, object="product", deleted=True)
    return product


def _has_prices() -> StripeError:
    return conflict("This product cannot be deleted because it has one or more user-created prices.")


def _changes(product: JsonObject, params: JsonObject) -> JsonObject:
    changes = {name: params[name] for name in _PLAIN if name in params}
    if len(changes.get("images", ())) > _IMAGES_MAX:
        raise invalid(f"You may pass at most {_IMAGES_MAX} images.", param="images")
    if "metadata" in params:
        changes["metadata"] = merge_metadata(product["metadata"], params["metadata"])
    return changes


def _list(call: Call) -> JsonObject:
    active, ids = call.params.get("active"), call.params.get("ids")

    def accepts(item: JsonObject) -> bool:
        return "deleted" not in item and active in (None, item["active"]) and (ids is None or item["id"] in ids)

    return list_objects(call, "/v1/products", call.account.billing.products, (), accepts)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/products/search", call.account.billing.products, _SEARCHABLE)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/products",
        _create,
        Params({**_FIELDS, "id": Text(64), "default_price_data": PRICE_DATA}, required=("name",)),
    ),
    Endpoint("GET", "/v1/products", _list, list_params({"active": Boolean(), "ids": ListOf(Text())})),
    Endpoint("GET", "/v1/products/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/products/{id}", _retrieve),
    Endpoint("POST", "/v1/products/{id}", _update, Params({**_FIELDS, "default_price": Text()})),
    Endpoint("DELETE", "/v1/products/{id}", _delete),
)
