"""The endpoints of `/v1/payment_intents`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, no_such_object
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Choice, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import check_can_charge
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.resources.payment_intents.capture import cancel, capture, check_capture, invalid_state
from stripe_sandbox.resources.payment_intents.confirmation import CONFIRMABLE, Confirmation, check_confirmable, confirm
from stripe_sandbox.resources.payment_intents.marketplace import (
    apply_terms,
    check_capture_terms,
    check_terms,
    terms_after,
)
from stripe_sandbox.resources.payment_intents.shape import (
    CAPTURE,
    CONFIRM,
    CREATE,
    OLDER_CREATE,
    OLDER_UPDATE,
    ONLY_WITH_CONFIRM,
    PLAIN,
    UPDATE,
    card_options,
    check_amount,
    check_currency,
    new_intent,
)
from stripe_sandbox.resources.payment_methods import from_data, resolve

_ALWAYS_UPDATABLE = frozenset({"description", "metadata"})
_SEARCHABLE = frozenset({"amount", "created", "currency", "customer", "status"})
_CANCELLATION_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def _create(call: Call) -> JsonObject:
    params = call.params
    if not params.get("confirm", False):
        for name in ONLY_WITH_CONFIRM:
            if name in params:
                message = f"The parameter {name} can only be passed when `confirm` is set to `true`."
                raise invalid(message, param=name)
    params["currency"] = check_currency(params["currency"])
    check_amount(params["amount"], params["currency"])
    if "customer" in params:
        named_by_parameter(call.account.customers, params["customer"], "customer")
    intent = new_intent(call, params)
    check_terms(call, intent)
    method = _method(call)
    if params.get("confirm", False):
        check_can_charge(call)
        how = _how(call)
        ready = check_confirmable(intent, method, how)
        call.account.payment_intents.add(intent)
        call.emit("payment_intent.created", intent)
        confirm(call, intent, ready, how)
        return intent
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation")
    call.account.payment_intents.add(intent)
    call.emit("payment_intent.created", intent)
    return intent


def _retrieve(call: Call) -> JsonObject:
    intent = _named(call)
    secret = call.params.get("client_secret", intent["client_secret"])
    if secret != intent["client_secret"]:
        message = "The client_secret provided does not match any associated PaymentIntent on this account."
        raise invalid(message, param="client_secret", code="payment_intent_client_secret_mismatch")
    return intent


def _update(call: Call) -> JsonObject:
    intent, params = _named(call), call.params
    for name in params:
        if name not in _ALWAYS_UPDATABLE and intent["status"] not in CONFIRMABLE:
            raise invalid_state(
                f"This PaymentIntent's {name} could not be updated because it has a status of {intent['status']}. "
                f"You may only update the {name} of a PaymentIntent with one of the following statuses: "
                f"{', '.join(CONFIRMABLE)}.",
                intent,
            )
    if "currency" in params:
        params["currency"] = check_currency(params["currency"])
    after = {**intent, **{name: params[name] for name in PLAIN if name in params}}
    check_amount(after["amount"], after["currency"])
    if "customer" in params:
        named_by_parameter(call.account.customers, params["customer"], "customer")
    terms = terms_after(after, params)
    check_terms(call, terms)
    method = _method(call)
    intent.update(application_fee_amount=terms["application_fee_amount"], transfer_data=terms["transfer_data"])
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)
    _apply(call, intent)
    call.account.payment_intents.reindex(intent)
    return intent


def _confirm(call: Call) -> JsonObject:
    intent = _named(call)
    method = _method(call) or call.account.payment_methods.get(intent["payment_method"] or "")
    how = _how(call)
    ready = check_confirmable(intent, method, how)
    check_can_charge(call)
    check_terms(call, intent)
    _apply(call, intent)
    confirm(call, intent, ready, how)
    return intent


def _capture(call: Call) -> JsonObject:
    intent = _named(call)
    charge, amount = check_capture(call, intent, call.params.get("amount_to_capture"))
    terms = check_capture_terms(call, intent, call.params)
    _apply(call, intent)
    apply_terms(charge, intent, terms)
    capture(call, intent, charge, amount)
    return intent


def _cancel(call: Call) -> JsonObject:
    intent = _named(call)
    cancel(call, intent, call.params.get("cancellation_reason"))
    return intent


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/payment_intents", call.account.payment_intents, ("customer",))


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/payment_intents/search", call.account.payment_intents, _SEARCHABLE)


def _named(call: Call) -> JsonObject:
    return named_in_path(call, call.account.payment_intents, "intent")


def _apply(call: Call, intent: JsonObject) -> None:
    """Takes over the parameters that are fields of the intent."""
    params = call.params
    intent.update({name: params[name] for name in PLAIN if name in params})
    if "metadata" in params:
        intent["metadata"] = merge_metadata(intent["metadata"], params["metadata"])
    if "payment_method_options" in params:
        intent["payment_method_options"] = card_options(params)


def _method(call: Call) -> JsonObject | None:
    """The payment method that the call names or describes, if any."""
    if "payment_method_data" in call.params:
        return from_data(call, call.params["payment_method_data"], "payment_method_data")
    identifier = call.params.get("payment_method")
    if identifier is None:
        return None
    if not identifier.startswith("pm_"):
        raise no_such_object("PaymentMethod", identifier, "payment_method")
    return resolve(call, identifier, "payment_method")


def _how(call: Call) -> Confirmation:
    params = call.params
    return Confirmation(
        base_url=call.base_url,
        return_url=params.get("return_url"),
        off_session=params.get("off_session", False),
        error_on_requires_action=params.get("error_on_requires_action", False),
        use_stripe_sdk=params.get("use_stripe_sdk", False),
        mandate_data=params.get("mandate_data"),
    )


ENDPOINTS = (
    Endpoint("POST", "/v1/payment_intents", _create, CREATE, OLDER_CREATE),
    Endpoint("GET", "/v1/payment_intents", _list, list_params({"customer": Text()})),
    Endpoint("GET", "/v1/payment_intents/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/payment_intents/{id}", _retrieve, Params({"client_secret": Text()})),
    Endpoint("POST", "/v1/payment_intents/{id}", _update, UPDATE, OLDER_UPDATE),
    Endpoint("POST", "/v1/payment_intents/{id}/confirm", _confirm, CONFIRM),
    Endpoint("POST", "/v1/payment_intents/{id}/capture", _capture, CAPTURE),
    Endpoint(
        "POST",
        "/v1/payment_intents/{id}/cancel",
        _cancel,
        Params({"cancellation_reason": Choice(_CANCELLATION_REASONS)}),
    ),
)
