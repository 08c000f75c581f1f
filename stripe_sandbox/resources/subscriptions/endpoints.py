"""The endpoints of `/v1/subscriptions` and `/v1/subscription_items`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Choice, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.resources.subscriptions.billing import bill, period_lines
from stripe_sandbox.resources.subscriptions.changing import ended, stop, update
from stripe_sandbox.resources.subscriptions.cycle import restart
from stripe_sandbox.resources.subscriptions.ending import end
from stripe_sandbox.resources.subscriptions.making import begin, check_chargeable
from stripe_sandbox.resources.subscriptions.params import CANCEL, CREATE, RESUME, UPDATE
from stripe_sandbox.resources.subscriptions.shape import LIVING, items_of, tell
from stripe_sandbox.state.objects import objects_of

_SEARCHABLE = frozenset({"canceled_at", "created", "status"})
_STATUSES = (
    "active",
    "all",
    "canceled",
    "ended",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)


def _create(call: Call) -> JsonObject:
    return begin(call, call.params)


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.billing.subscriptions, "subscription_exposed_id")


def _update(call: Call) -> JsonObject:
    subscription = _retrieve(call)
    update(call, subscription, call.params)
    return subscription


def _cancel(call: Call) -> JsonObject:
    subscription, params = _retrieve(call), call.params
    if subscription["status"] not in LIVING:
        raise ended(subscription)
    stop(call, subscription, prorate=params.get("prorate", False))
    if params.get("invoice_now", False):
        bill(call, subscription, "subscription_update", [], "at_once")
    end(call, subscription, "cancellation_requested", params.get("cancellation_details"))
    return subscription


def _resume(call: Call) -> JsonObject:
    """A paused subscription goes on once its invoice is paid."""
    subscription = _retrieve(call)
    if subscription["status"] != "paused":
        raise conflict(f"Only a paused subscription can be resumed; this one is {subscription['status']}.")
    amount = sum(item["price"]["unit_amount"] * item["quantity"] for item in items_of(subscription))
    check_chargeable(call, subscription, amount, "allow_incomplete")
    before = {name: subscription[name] for name in ("billing_cycle_anchor", "items", "latest_invoice")}
    restart(call, subscription)
    tell(call, subscription, before)
    bill(call, subscription, "subscription_update", period_lines(call, subscription), "at_once")
    return subscription


def _list(call: Call) -> JsonObject:
    params = call.params
    status, price = params.get("status"), params.get("price")

    def accepts(item: JsonObject) -> bool:
        if price is not None and all(one["price"]["id"] != price for one in items_of(item)):
            return False
        if params.get("collection_method") not in (None, item["collection_method"]):
            return False
        if status == "ended":
            return item["status"] in ("canceled", "incomplete_expired")
        return status == "all" or (item["status"] != "canceled" if status is None else item["status"] == status)

    return list_objects(call, "/v1/subscriptions", call.account.billing.subscriptions, ("customer",), accepts)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/subscriptions/search", call.account.billing.subscriptions, _SEARCHABLE)


def _list_items(call: Call) -> JsonObject:
    identifier = call.params["subscription"]
    subscription = named_by_parameter(call.account.billing.subscriptions, identifier, "subscription")
    items = objects_of("subscription_item")
    for item in reversed(items_of(subscription)):
        items.add(item)
    return list_objects(call, "/v1/subscription_items", items)


_LIST_ITEMS = list_params({"subscription": Text()}, created=False)

ENDPOINTS = (
    Endpoint("POST", "/v1/subscriptions", _create, CREATE),
    Endpoint(
        "GET",
        "/v1/subscriptions",
        _list,
        list_params(
            {
                "collection_method": Choice(("charge_automatically", "send_invoice")),
                "customer": Text(),
                "price": Text(),
                "status": Choice(_STATUSES),
            }
        ),
    ),
    Endpoint("GET", "/v1/subscriptions/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/subscriptions/{id}", _retrieve),
    Endpoint("POST", "/v1/subscriptions/{id}", _update, UPDATE),
    Endpoint("DELETE", "/v1/subscriptions/{id}", _cancel, CANCEL),
    Endpoint("POST", "/v1/subscriptions/{id}/resume", _resume, RESUME),
    Endpoint("GET", "/v1/subscription_items", _list_items, Params(_LIST_ITEMS.fields, required=("subscription",))),
)
