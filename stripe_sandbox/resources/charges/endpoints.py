"""The endpoints of `/v1/charges`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Field, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.details import SHIPPING
from stripe_sandbox.resources.lookup import named_in_path

_SEARCHABLE = frozenset({"amount", "created", "currency", "customer", "status"})
_UPDATE: dict[str, Field] = {
    "description": Text(unset=True),
    "metadata": Metadata(),
    "receipt_email": Text(unset=True),
    "shipping": SHIPPING,
    "transfer_group": Text(),
}


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.charges)


def _update(call: Call) -> JsonObject:
    charge = _retrieve(call)
    changes = dict(call.params)
    if "metadata" in changes:
        changes["metadata"] = merge_metadata(charge["metadata"], changes["metadata"])
    previous = {name: charge[name] for name, value in changes.items() if charge[name] != value}
    charge.update(changes)
    if previous:
        call.account.charges.reindex(charge)
        call.emit("charge.updated", charge, previous)
    return charge


def _list(call: Call) -> JsonObject:
    filters = ("payment_intent", "customer", "transfer_group")
    return list_objects(call, "/v1/charges", call.account.charges, filters)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/charges/search", call.account.charges, _SEARCHABLE)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/charges",
        _list,
        list_params({"payment_intent": Text(), "customer": Text(), "transfer_group": Text()}),
    ),
    Endpoint("GET", "/v1/charges/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/charges/{id}", _retrieve),
    Endpoint("POST", "/v1/charges/{id}", _update, Params(_UPDATE)),
)
