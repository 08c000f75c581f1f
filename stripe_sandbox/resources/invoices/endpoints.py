"""The endpoints of `/v1/invoices`, but for previews."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict, invalid, missing_parameter
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Choice, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import check_settlement_merchant, receiving_account
from stripe_sandbox.resources.invoices.drafting import draft
from stripe_sandbox.resources.invoices.ending import delete, mark_uncollectible, void
from stripe_sandbox.resources.invoices.finalizing import advance_later, already_finalized, finalize
from stripe_sandbox.resources.invoices.params import COLLECTION_METHODS, CREATE, FINALIZE, PAY, UPDATE
from stripe_sandbox.resources.invoices.paying import (
    COLLECTABLE,
    default_method,
    no_method,
    pay,
    settle_out_of_band,
    tell_changes,
)
from stripe_sandbox.resources.invoices.shape import Occasion, due_date, subscription_of
from stripe_sandbox.resources.lookup import living_in_path, named_by_parameter
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.payment_methods import attached_to
from stripe_sandbox.state.objects import objects_of

_SEARCHABLE = frozenset({"created", "currency", "customer", "number", "status", "total"})
_STATUSES = ("draft", "open", "paid", "uncollectible", "void")
_ALWAYS_UPDATABLE = frozenset({"auto_advance", "default_payment_method", "metadata"})
_PLAIN = (
    "auto_advance",
    "collection_method",
    "custom_fields",
    "default_payment_method",
    "description",
    "footer",
    "on_behalf_of",
    "statement_descriptor",
)


def _create(call: Call) -> JsonObject:
    params, billing = call.params, call.account.billing
    subscription = None
    if "subscription" in params:
        subscription = named_by_parameter(billing.subscriptions, params["subscription"], "subscription")
        params.setdefault("customer", subscription["customer"])
        params.setdefault("currency", subscription["currency"])
    if "customer" not in params:
        raise missing_parameter("customer")
    customer = named_by_parameter(call.account.customers, params["customer"], "customer")
    _check(call, params, customer["id"], params.get("collection_method", "charge_automatically"))
    currency = check_currency(params.get("currency") or customer["currency"] or _of_items(call, customer["id"]))
    invoice = draft(
        call,
        customer,
        currency,
        Occasion("manual", {"end": call.now, "start": call.now}, subscription),
        {**params, "metadata": merge_metadata({}, params.get("metadata", {}))},
        with_items=params.get("pending_invoice_items_behavior", "exclude") == "include",
    )
    if invoice["auto_advance"]:
        advance_later(call, invoice)
    return invoice


def _of_items(call: Call, customer: str) -> str:
    """The currency of what the customer already has waiting, or the account's."""
    waiting = call.account.billing.invoice_items.matching("customer", customer)
    found = (item["currency"] for item in waiting if item.get("invoice") is None and "currency" in item)
    return next(found, call.account.default_currency)


def _check(call: Call, params: JsonObject, customer: str, method: str) -> None:
    """Checks what the parameters name, and that a date goes with the way of collecting."""
    if params.get("default_payment_method") is not None:
        attached_to(call, params["default_payment_method"], customer, "default_payment_method")
    if "on_behalf_of" in params:
        check_settlement_merchant(call, params["on_behalf_of"])
    if "transfer_data" in params:
        receiving_account(call, params["transfer_data"]["destination"], "transfer_data[destination]")
    dates = [name for name in ("days_until_due", "due_date") if name in params]
    if dates and method != "send_invoice":
        message = f"You can only specify {dates[0]} if invoice.collection_method is 'send_invoice'."
        raise invalid(message, param=dates[0])
    if params.get("due_date", call.now + 1) <= call.now:
        raise invalid("The due date must be in the future.", param="due_date")


def _update(call: Call) -> JsonObject:
    invoice, params = _living(call), call.params
    if invoice["status"] != "draft" and not params.keys() <= _ALWAYS_UPDATABLE:
        raise conflict("Finalized invoices can't be updated in this way", code="invoice_not_editable")
    _check(call, params, invoice["customer"], str(params.get("collection_method", invoice["collection_method"])))
    changes = {name: params[name] for name in _PLAIN if name in params}
    if "metadata" in params:
        changes["metadata"] = merge_metadata(invoice["metadata"], params["metadata"])
    if params.keys() & {"days_until_due", "due_date"}:
        changes["due_date"] = due_date(params, call.now)
    before = {name: invoice[name] for name in changes}
    invoice.update(changes)
    terms: JsonObject = {name: params[name] for name in ("application_fee_amount", "transfer_data") if name in params}
    call.account.billing.terms[invoice["id"]].update(terms)
    call.account.billing.invoices.reindex(invoice)
    if changes.get("auto_advance") and not before["auto_advance"] and invoice["status"] == "draft":
        advance_later(call, invoice)
    tell_changes(call, invoice, before)
    return invoice


def _delete(call: Call) -> JsonObject:
    invoice = _living(call)
    delete(call, invoice)
    return invoice


def _finalize(call: Call) -> JsonObject:
    invoice = _living(call)
    if invoice["status"] != "draft":
        raise already_finalized()
    if "auto_advance" in call.params:
        invoice["auto_advance"] = call.params["auto_advance"]
    finalize(call, invoice)
    return invoice


def _pay(call: Call) -> JsonObject:
    invoice, params = _living(call), call.params
    if invoice["status"] == "paid":
        raise conflict("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "void":
        raise conflict("Invoices that are void cannot be paid.")
    method = default_method(call, invoice)
    if "payment_method" in params:
        method = attached_to(call, params["payment_method"], invoice["customer"], "payment_method")
    out_of_band = params.get("paid_out_of_band", False)
    if method is None and not out_of_band and invoice["amount_due"] > 0:
        raise no_method()
    if invoice["status"] == "draft":
        finalize(call, invoice)
    if invoice["status"] not in COLLECTABLE:
        return invoice
    if out_of_band:
        settle_out_of_band(call, invoice)
    else:
        pay(call, invoice, method)
    return invoice


def _send(call: Call) -> JsonObject:
    invoice = _living(call)
    if invoice["collection_method"] != "send_invoice":
        raise conflict("You can only manually send an invoice if its collection method is 'send_invoice'.")
    if invoice["customer_email"] is None:
        raise invalid("Missing email. In order to send invoices, the customer must have a valid email.")
    if invoice["status"] == "draft":
        finalize(call, invoice)
    call.emit("invoice.sent", invoice)
    return invoice


def _void(call: Call) -> JsonObject:
    invoice = _living(call)
    void(call, invoice)
    return invoice


def _mark_uncollectible(call: Call) -> JsonObject:
    invoice = _living(call)
    mark_uncollectible(call, invoice)
    return invoice


def _lines(call: Call) -> JsonObject:
    invoice = _living(call)
    lines = objects_of("line_item")
    for line in reversed(invoice["lines"]["data"]):
        lines.add(line)
    return list_objects(call, invoice["lines"]["url"], lines)


def _list(call: Call) -> JsonObject:
    wanted = call.params.get("subscription")

    def accepts(item: JsonObject) -> bool:
        return "deleted" not in item and wanted in (None, subscription_of(item))

    filters = ("customer", "status", "collection_method")
    return list_objects(call, "/v1/invoices", call.account.billing.invoices, filters, accepts)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/invoices/search", call.account.billing.invoices, _SEARCHABLE)


def _living(call: Call) -> JsonObject:
    return living_in_path(call, call.account.billing.invoices, "invoice")


_LIST = list_params(
    {
        "collection_method": Choice(COLLECTION_METHODS),
        "customer": Text(),
        "status": Choice(_STATUSES),
        "subscription": Text(),
    }
)

ENDPOINTS = (
    Endpoint("POST", "/v1/invoices", _create, CREATE),
    Endpoint("GET", "/v1/invoices", _list, _LIST),
    Endpoint("GET", "/v1/invoices/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/invoices/{id}", _living),
    Endpoint("POST", "/v1/invoices/{id}", _update, UPDATE),
    Endpoint("DELETE", "/v1/invoices/{id}", _delete),
    Endpoint("GET", "/v1/invoices/{id}/lines", _lines, list_params(created=False)),
    Endpoint("POST", "/v1/invoices/{id}/finalize", _finalize, FINALIZE),
    Endpoint("POST", "/v1/invoices/{id}/pay", _pay, PAY),
    Endpoint("POST", "/v1/invoices/{id}/send", _send),
    Endpoint("POST", "/v1/invoices/{id}/void", _void),
    Endpoint("POST", "/v1/invoices/{id}/mark_uncollectible", _mark_uncollectible),
)
