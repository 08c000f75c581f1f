"""The product behind a price: an existing one, or one that the price brings along."""

from stripe_sandbox.http.errors import conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_by_parameter
from stripe_sandbox.state.scope import Scope


def new_product(scope: Scope, name: str, identifier: str | None = None) -> JsonObject:
    """A product of which only the name is known, not yet recorded."""
    return {
        "id": identifier or scope.world.ids.new("prod"),
        "object": "product",
        "active": True,
        "created": scope.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": scope.now,
        "url": None,
    }


def add_product(scope: Scope, data: JsonObject) -> JsonObject:
    """Records the product that a price brings along: its name, and what else `data` says."""
    product = {**new_product(scope, data["name"], data.get("id")), **data}
    if scope.account.billing.products.get(product["id"]) is not None:
        message = f"Product already exists with id {product['id']}."
        raise conflict(message, code="resource_already_exists", param="product_data[id]")
    scope.account.billing.products.add(product)
    scope.emit("product.created", product)
    return product


def active_product(scope: Scope, identifier: str, param: str) -> JsonObject:
    """The product that a parameter names.

    Raises:
        StripeError: 400, there is none (`resource_missing`) or it is not sold any more.
    """
    product = named_by_parameter(scope.account.billing.products, identifier, param)
    if not product["active"]:
        raise conflict(f"The product {identifier} is marked as inactive, so no new prices may be created.", param=param)
    return product
