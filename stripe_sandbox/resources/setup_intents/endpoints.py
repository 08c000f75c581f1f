"""The endpoints of `/v1/setup_intents`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import check_settlement_merchant
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.resources.payment_methods import from_data, resolve
from stripe_sandbox.resources.setup_intents.confirmation import (
    CONFIRMABLE,
    Confirmation,
    cancel,
    check_confirmable,
    confirm,
    unexpected_state,
)
from stripe_sandbox.resources.setup_intents.shape import (
    CONFIRM,
    CREATE,
    OLDER_CREATE,
    OLDER_UPDATE,
    ONLY_WITH_CONFIRM,
    UPDATE,
    new_setup,
    options_of,
)

_CANCELLATION_REASONS = ("abandoned", "duplicate", "requested_by_customer")


def _create(call: Call) -> JsonObject:
    params = call.params
    confirming = params.get("confirm", False)
    for name in ONLY_WITH_CONFIRM:
        if name in params and not confirming:
            raise invalid(f"The parameter {name} can only be passed when `confirm` is set to `true`.", param=name)
    if "customer" in params:
        named_by_parameter(call.account.customers, params["customer"], "customer")
    if "on_behalf_of" in params:
        check_settlement_merchant(call, params["on_behalf_of"])
    intent = new_setup(call, params)
    method = _method(call)
    if confirming:
        method = check_confirmable(intent, method, _how(call))
    elif method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation")
    call.account.setup_intents.add(intent)
    call.emit("setup_intent.created", intent)
    if confirming and method is not None:
        confirm(call, intent, method, _how(call))
    return intent


def _retrieve(call: Call) -> JsonObject:
    intent = _named(call)
    if call.params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        message = "The client_secret provided does not match any associated SetupIntent on this account."
        raise invalid(message, param="client_secret", code="setup_intent_invalid_parameter")
    return intent


def _update(call: Call) -> JsonObject:
    intent, params = _named(call), call.params
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, "updated", CONFIRMABLE)
    if "customer" in params:
        named_by_parameter(call.account.customers, params["customer"], "customer")
    method = _method(call)
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)
    intent.update(
        {name: params[name] for name in ("customer", "description", "payment_method_types") if name in params}
    )
    if "metadata" in params:
        intent["metadata"] = merge_metadata(intent["metadata"], params["metadata"])
    if "payment_method_options" in params:
        intent["payment_method_options"] = options_of(params)
    call.account.setup_intents.reindex(intent)
    return intent


def _confirm(call: Call) -> JsonObject:
    intent = _named(call)
    method = _method(call) or call.account.payment_methods.get(intent["payment_method"] or "")
    how = _how(call)
    ready = check_confirmable(intent, method, how)
    if "payment_method_options" in call.params:
        intent["payment_method_options"] = options_of(call.params)
    confirm(call, intent, ready, how)
    return intent


def _cancel(call: Call) -> JsonObject:
    intent = _named(call)
    cancel(call, intent, call.params.get("cancellation_reason"))
    return intent


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/setup_intents", call.account.setup_intents, ("customer", "payment_method"))


def _named(call: Call) -> JsonObject:
    return named_in_path(call, call.account.setup_intents, "intent")


def _method(call: Call) -> JsonObject | None:
    """The payment method that the call names or describes, if any."""
    if "payment_method_data" in call.params:
        return from_data(call, call.params["payment_method_data"], "payment_method_data")
    identifier = call.params.get("payment_method")
    return None if identifier is None else resolve(call, identifier, "payment_method")


def _how(call: Call) -> Confirmation:
    params = call.params
    return Confirmation(
        base_url=call.base_url,
        return_url=params.get("return_url"),
        use_stripe_sdk=params.get("use_stripe_sdk", False),
        mandate_data=params.get("mandate_data"),
    )


ENDPOINTS = (
    Endpoint("POST", "/v1/setup_intents", _create, CREATE, OLDER_CREATE),
    Endpoint("GET", "/v1/setup_intents", _list, list_params({"customer": Text(), "payment_method": Text()})),
    Endpoint("GET", "/v1/setup_intents/{id}", _retrieve, Params({"client_secret": Text()})),
    Endpoint("POST", "/v1/setup_intents/{id}", _update, UPDATE, OLDER_UPDATE),
    Endpoint("POST", "/v1/setup_intents/{id}/confirm", _confirm, CONFIRM),
    Endpoint(
        "POST",
        "/v1/setup_intents/{id}/cancel",
        _cancel,
        Params({"cancellation_reason": Choice(_CANCELLATION_REASONS)}),
    ),
)
