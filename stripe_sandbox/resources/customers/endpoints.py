"""The endpoints of `/v1/customers`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.customers.balance import adjust_balance
from stripe_sandbox.resources.customers.shape import FIELDS, blank_customer, changes_of
from stripe_sandbox.resources.lookup import living_in_path, named_in_path, part_in_path
from stripe_sandbox.resources.payment_methods import attach, attached_to, check_can_be_saved, resolve
from stripe_sandbox.resources.subscriptions.ending import cancel_all_of

_SEARCHABLE = frozenset({"created", "email", "name", "phone"})


def _create(call: Call) -> JsonObject:
    params = call.params
    customer = blank_customer(call)
    customer.update(changes_of(customer, params))
    balance, customer["balance"] = customer["balance"], 0
    method = resolve(call, params["payment_method"], "payment_method") if "payment_method" in params else None
    if method is not None:
        check_can_be_saved(call, method)
    settings = customer["invoice_settings"]
    chosen = settings["default_payment_method"]
    if chosen is not None:
        if method is None or chosen not in (params["payment_method"], method["id"]):
            attached_to(call, chosen, customer["id"], "invoice_settings[default_payment_method]")
        else:
            # A test token that is named twice is one payment method.
            settings["default_payment_method"] = method["id"]
    call.account.customers.add(customer)
    if balance:
        adjust_balance(call, customer, balance, "adjustment")
    call.emit("customer.created", customer)
    if method is not None:
        attach(call, method, customer["id"])
    return customer


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.customers)


def _update(call: Call) -> JsonObject:
    customer = living_in_path(call, call.account.customers)
    changes = changes_of(customer, call.params)
    chosen = call.params.get("invoice_settings", {}).get("default_payment_method")
    if chosen is not None:
        attached_to(call, chosen, customer["id"], "invoice_settings[default_payment_method]")
    previous = {name: customer[name] for name, value in changes.items() if customer[name] != value}
    if "balance" in previous:
        adjust_balance(call, customer, changes["balance"] - customer["balance"], "adjustment")
    customer.update(changes)
    if previous:
        call.account.customers.reindex(customer)
        call.emit("customer.updated", customer, previous)
    return customer


def _delete(call: Call) -> JsonObject:
    customer = living_in_path(call, call.account.customers)
    identifier = customer["id"]
    cancel_all_of(call, identifier)
    call.emit("customer.deleted", customer)
    customer.clear()
    customer.update(id=identifier, object="customer", deleted=True)
    call.account.customers.reindex(customer)
    return customer


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/customers", call.account.customers, ("email",), lambda item: "deleted" not in item)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/customers/search", call.account.customers, _SEARCHABLE)


def _balance_transactions(call: Call) -> JsonObject:
    customer = named_in_path(call, call.account.customers, "customer")
    url = f"/v1/customers/{customer['id']}/balance_transactions"
    call.params["customer"] = customer["id"]
    return list_objects(call, url, call.account.billing.customer_balance, ("customer", "invoice"))


def _balance_transaction(call: Call) -> JsonObject:
    return part_in_path(call, call.account.billing.customer_balance, "transaction", "customer")


ENDPOINTS = (
    Endpoint("POST", "/v1/customers", _create, Params({**FIELDS, "payment_method": Text()})),
    Endpoint("GET", "/v1/customers", _list, list_params({"email": Text()})),
    Endpoint("GET", "/v1/customers/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/customers/{id}", _retrieve),
    Endpoint("POST", "/v1/customers/{id}", _update, Params(FIELDS)),
    Endpoint("DELETE", "/v1/customers/{id}", _delete),
    Endpoint("GET", "/v1/customers/{id}/balance_transactions", _balance_transactions, list_params({"invoice": Text()})),
    Endpoint("GET", "/v1/customers/{id}/balance_transactions/{transaction}", _balance_transaction),
)
