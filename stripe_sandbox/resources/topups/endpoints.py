"""The endpoints of `/v1/topups`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, no_such_object
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Field, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.http.time_filter import TimeFilter
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.topups.making import SOURCES, cancel, make_topup

_PLAIN = ("description", "statement_descriptor", "transfer_group")
_STATUSES = ("canceled", "failed", "pending", "reversed", "succeeded")


def _create(call: Call) -> JsonObject:
    params = call.params
    currency, source = check_currency(params["currency"]), params.get("source", SOURCES[0])
    if source not in SOURCES:
        raise no_such_object("source", source, "source")
    details: JsonObject = {name: params[name] for name in _PLAIN if name in params}
    details["metadata"] = merge_metadata({}, params.get("metadata"))
    return make_topup(call, params["amount"], currency, source, details)


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.topups)


def _update(call: Call) -> JsonObject:
    topup = _retrieve(call)
    topup.update({name: call.params[name] for name in ("description",) if name in call.params})
    topup["metadata"] = merge_metadata(topup["metadata"], call.params.get("metadata", {}))
    return topup


def _cancel(call: Call) -> JsonObject:
    topup = _retrieve(call)
    if topup["status"] != "pending":
        raise conflict(f"Top-up {topup['id']} is {topup['status']}: only a pending one can be canceled.")
    cancel(call, topup)
    return topup


def _list(call: Call) -> JsonObject:
    amount = call.params.get("amount")
    return list_objects(
        call,
        "/v1/topups",
        call.account.topups,
        ("status",),
        None if amount is None else lambda item: amount.holds(item["amount"]),
    )


_DESCRIPTIVE: dict[str, Field] = {"description": Text(unset=True), "metadata": Metadata()}
_CREATE = Params(
    {
        "amount": Integer(minimum=1),
        "currency": Text(),
        "source": Text(),
        "statement_descriptor": Text(15),
        "transfer_group": Text(),
        **_DESCRIPTIVE,
    },
    required=("amount", "currency"),
)

ENDPOINTS = (
    Endpoint("POST", "/v1/topups", _create, _CREATE),
    Endpoint("GET", "/v1/topups", _list, list_params({"amount": TimeFilter(), "status": Choice(_STATUSES)})),
    Endpoint("GET", "/v1/topups/{id}", _retrieve),
    Endpoint("POST", "/v1/topups/{id}", _update, Params(_DESCRIPTIVE)),
    Endpoint("POST", "/v1/topups/{id}/cancel", _cancel),
)
