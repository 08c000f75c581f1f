"""`/v1/payment_methods`: cards by test token or test number, and their attachment to customers."""

import hashlib

from stripe_sandbox.cards import Card, card_of_number, card_of_payment_method, card_of_token
from stripe_sandbox.debits import debit_of_payment_method
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, invalid, missing_parameter, no_such_object
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Field, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources import debit_methods
from stripe_sandbox.resources.details import BILLING_DETAILS, full_billing_details
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.resources.mandates import end_mandates
from stripe_sandbox.state.scope import Scope

_EXPIRY = {"exp_month": 12, "exp_year": 2034}
_FINGERPRINT_CHARS = 16
_CARD = Params(
    {
        "token": Text(),
        "number": Text(),
        "exp_month": Integer(minimum=1, maximum=12),
        "exp_year": Integer(minimum=0, maximum=9_999),
        "cvc": Text(4),
    }
)
_EXPIRY_PARAMS = Params({"exp_month": Integer(minimum=1, maximum=12), "exp_year": Integer(minimum=0, maximum=9_999)})
METHOD_DATA: dict[str, Field] = {
    "type": Choice(("card", *debit_methods.TYPES)),
    "card": _CARD,
    **debit_methods.DEBIT_DATA,
    "billing_details": BILLING_DETAILS,
    "metadata": Metadata(),
}


def resolve(scope: Scope, identifier: str, param: str) -> JsonObject:
    """The payment method that a parameter names; a test token makes a new one, as at Stripe.

    Raises:
        StripeError: 400 `resource_missing`.
    """
    made = from_test_token(scope, identifier)
    if made is not None:
        return made
    method = scope.account.payment_methods.get(identifier)
    if method is None:
        raise no_such_object("PaymentMethod", identifier, param)
    return method


def from_test_token(scope: Scope, token: str) -> JsonObject | None:
    """A new payment method for a test token such as `pm_card_visa`; None if it is no such token."""
    card, debit = card_of_payment_method(token), debit_of_payment_method(token)
    if card is not None:
        return add(scope, card, {})
    return None if debit is None else debit_methods.add_debit(scope, debit, {})


def from_data(scope: Scope, data: JsonObject, param: str = "") -> JsonObject:
    """A new payment method from `type`, `card` and so on.

    Raises:
        StripeError: The card is missing, unknown or no test card.
    """
    if data["type"] != "card":
        return debit_methods.debit_from_data(scope, data, param)
    prefix = f"{param}[card]" if param else "card"
    if "card" not in data:
        raise missing_parameter(prefix)
    return add(scope, _chosen_card(data["card"], prefix), data)


def add(scope: Scope, card: Card, data: JsonObject) -> JsonObject:
    """Records a payment method for a test card."""
    details = data.get("card", {})
    method: JsonObject = {
        "id": scope.world.ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": full_billing_details(data.get("billing_details")),
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": details.get("exp_month", _EXPIRY["exp_month"]),
            "exp_year": details.get("exp_year", _EXPIRY["exp_year"]),
            "fingerprint": fingerprint(card),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": scope.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": merge_metadata({}, data.get("metadata")),
        "type": "card",
    }
    scope.account.cards[method["id"]] = card
    return scope.account.payment_methods.add(method)


def attached_to(scope: Scope, identifier: str, customer_id: str, param: str) -> JsonObject:
    """The payment method that a parameter names, which must be the customer's own.

    Raises:
        StripeError: 400, there is none or it is not attached to this customer.
    """
    method = scope.account.payment_methods.get(identifier)
    if method is None or method["customer"] != customer_id:
        raise invalid(
            f"The customer does not have a payment method with the ID {identifier}. The payment method must be "
            "attached to the customer.",
            param=param,
            code="resource_missing",
        )
    return method


def attach(scope: Scope, method: JsonObject, customer_id: str) -> None:
    """Attaches a payment method to a customer.

    Raises:
        StripeError: 400, it belongs to another customer.
    """
    if method["customer"] == customer_id:
        return
    if method["customer"] is not None:
        raise conflict(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_already_attached",
        )
    method["customer"] = customer_id
    scope.account.payment_methods.reindex(method)
    scope.emit("payment_method.attached", method)


def check_can_be_saved(scope: Scope, method: JsonObject) -> None:
    """Asks the bank whether a card may be kept, as Stripe does before it attaches one to a customer.

    Raises:
        StripeError: 402 `card_error`, the card is declined.
    """
    card = scope.account.cards.get(method["id"])
    if card is None or card.decline is None or card.can_be_saved:
        return
    extra = {"decline_code": card.decline.decline_code} if card.decline.decline_code else {}
    raise StripeError(402, "card_error", card.decline.message, code=card.decline.code, extra=extra)


def fingerprint(card: Card) -> str:
    """The same for the same card number, and no way back to it."""
    return hashlib.blake2b(card.number.encode(), digest_size=_FINGERPRINT_CHARS // 2).hexdigest()


def _chosen_card(given: JsonObject, prefix: str) -> Card:
    if "token" in given:
        card = card_of_token(given["token"])
        if card is None:
            raise no_such_object("token", given["token"], f"{prefix}[token]")
        return card
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing_parameter(f"{prefix}[{name}]")
    card = card_of_number(given["number"])
    if card is None:
        raise StripeError(
            402,
            "card_error",
            "Your card number is incorrect. The sandbox knows only Stripe's test cards.",
            code="incorrect_number",
            param="number",
        )
    return card


def _create(call: Call) -> JsonObject:
    return from_data(call, call.params)


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.payment_methods, "payment_method")


def _update(call: Call) -> JsonObject:
    method = _retrieve(call)
    if method["customer"] is None:
        raise invalid(
            "You must save this PaymentMethod to a customer before you can update it.", param="payment_method"
        )
    changes: JsonObject = {}
    if "metadata" in call.params:
        changes["metadata"] = merge_metadata(method["metadata"], call.params["metadata"])
    if "billing_details" in call.params:
        changes["billing_details"] = full_billing_details(
            {**method["billing_details"], **call.params["billing_details"]}
        )
    if "card" in call.params:
        changes["card"] = {**_card_of(method), **call.params["card"]}
    change_method(call, method, changes, "payment_method.updated")
    return method


def _card_of(method: JsonObject) -> JsonObject:
    """The card of a payment method.

    Raises:
        StripeError: 400, it is none.
    """
    if method["type"] != "card":
        raise invalid(f"This PaymentMethod is a {method['type']}: it has no card.", param="card")
    card: JsonObject = method["card"]
    return card


def change_method(scope: Scope, method: JsonObject, changes: JsonObject, kind: str) -> None:
    """Writes changes into a payment method and tells of them as `kind`; what changes nothing is not told."""
    previous = {name: method[name] for name, value in changes.items() if method[name] != value}
    method.update(changes)
    if previous:
        scope.emit(kind, method, previous)


def _attach(call: Call) -> JsonObject:
    customer = named_by_parameter(call.account.customers, call.params["customer"], "customer")
    method = from_test_token(call, call.path["id"]) or _retrieve(call)
    check_can_be_saved(call, method)
    attach(call, method, customer["id"])
    return method


def _detach(call: Call) -> JsonObject:
    method = _retrieve(call)
    if method["customer"] is None:
        raise conflict(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    previous = {"customer": method["customer"]}
    method["customer"] = None
    call.account.payment_methods.reindex(method)
    end_mandates(call, method)
    for owner in (*call.account.customers, *call.account.billing.subscriptions):
        _forget_default(owner, method["id"])
    call.emit("payment_method.detached", method, previous)
    return method


def _forget_default(owner: JsonObject, identifier: str) -> None:
    """A detached payment method is nobody's default any more."""
    settings = owner.get("invoice_settings", {})
    if settings.get("default_payment_method") == identifier:
        owner["invoice_settings"] = {**settings, "default_payment_method": None}
    if owner.get("default_payment_method") == identifier:
        owner["default_payment_method"] = None


def _list(call: Call) -> JsonObject:
    kind = call.params.get("type")
    return list_objects(
        call,
        "/v1/payment_methods",
        call.account.payment_methods,
        ("customer",),
        lambda item: item["customer"] is not None and kind in (None, item["type"]),
    )


def _list_of_customer(call: Call) -> JsonObject:
    customer = named_in_path(call, call.account.customers, "customer")
    call.params["customer"] = customer["id"]
    shown = _list(call)
    shown["url"] = f"/v1/customers/{customer['id']}/payment_methods"
    return shown


ENDPOINTS = (
    Endpoint("POST", "/v1/payment_methods", _create, Params(METHOD_DATA, required=("type",))),
    Endpoint("GET", "/v1/payment_methods", _list, list_params({"customer": Text(), "type": Text()}, created=False)),
    Endpoint("GET", "/v1/payment_methods/{id}", _retrieve),
    Endpoint(
        "POST",
        "/v1/payment_methods/{id}",
        _update,
        Params({"metadata": Metadata(), "billing_details": BILLING_DETAILS, "card": _EXPIRY_PARAMS}),
    ),
    Endpoint("POST", "/v1/payment_methods/{id}/attach", _attach, Params({"customer": Text()}, required=("customer",))),
    Endpoint("POST", "/v1/payment_methods/{id}/detach", _detach),
    Endpoint(
        "GET", "/v1/customers/{id}/payment_methods", _list_of_customer, list_params({"type": Text()}, created=False)
    ),
)
