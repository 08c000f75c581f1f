"""`/v1/customers`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Field, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.details import ADDRESS, SHIPPING
from stripe_sandbox.resources.lookup import living_in_path, named_in_path
from stripe_sandbox.resources.payment_methods import attach, resolve

_FIELDS: dict[str, Field] = {
    "address": ADDRESS,
    "description": Text(350, unset=True),
    "email": Text(512, unset=True),
    "metadata": Metadata(),
    "name": Text(256, unset=True),
    "phone": Text(20, unset=True),
    "shipping": SHIPPING,
}
_PLAIN = ("address", "description", "email", "name", "phone", "shipping")
_INVOICE_PREFIX_CHARS = 8


def _create(call: Call) -> JsonObject:
    params, ids = call.params, call.world.ids
    customer: JsonObject = {
        "id": ids.new("cus"),
        "object": "customer",
        **{name: params.get(name) for name in _PLAIN},
        "balance": 0,
        "created": call.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "discount": None,
        "invoice_prefix": ids.text(_INVOICE_PREFIX_CHARS).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata")),
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        "test_clock": None,
    }
    method = resolve(call, params["payment_method"], "payment_method") if "payment_method" in params else None
    call.account.customers.add(customer)
    call.emit("customer.created", customer)
    if method is not None:
        attach(call, method, customer["id"])
    return customer


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.customers)


def _update(call: Call) -> JsonObject:
    customer = living_in_path(call, call.account.customers)
    changes = {name: call.params[name] for name in _PLAIN if name in call.params}
    if "metadata" in call.params:
        changes["metadata"] = merge_metadata(customer["metadata"], call.params["metadata"])
    previous = {name: customer[name] for name, value in changes.items() if customer[name] != value}
    customer.update(changes)
    if previous:
        call.account.customers.reindex(customer)
        call.emit("customer.updated", customer, previous)
    return customer


def _delete(call: Call) -> JsonObject:
    customer = living_in_path(call, call.account.customers)
    call.emit("customer.deleted", customer)
    identifier = customer["id"]
    customer.clear()
    customer.update(id=identifier, object="customer", deleted=True)
    call.account.customers.reindex(customer)
    return customer


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/customers", call.account.customers, ("email",), lambda item: "deleted" not in item)


ENDPOINTS = (
    Endpoint("POST", "/v1/customers", _create, Params({**_FIELDS, "payment_method": Text()})),
    Endpoint("GET", "/v1/customers", _list, list_params({"email": Text()})),
    Endpoint("GET", "/v1/customers/{id}", _retrieve),
    Endpoint("POST", "/v1/customers/{id}", _update, Params(_FIELDS)),
    Endpoint("DELETE", "/v1/customers/{id}", _delete),
)
