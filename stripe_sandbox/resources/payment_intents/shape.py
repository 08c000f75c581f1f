"""The payment intent as an object: its parameters, its first form, the checks on its amount."""

from stripe_sandbox.balance.currencies import (
    SUPPORTED,
    charge_maximum,
    charge_minimum,
    charge_step,
    display,
)
from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.params import Boolean, Choice, Field, Integer, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.debit_methods import TYPES
from stripe_sandbox.resources.details import SHIPPING
from stripe_sandbox.resources.mandates import MANDATE_DATA
from stripe_sandbox.resources.payment_intents import marketplace
from stripe_sandbox.resources.payment_methods import METHOD_DATA
from stripe_sandbox.state.scope import Scope

_SECRET_CHARS = 25

CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
_FUTURE_USAGES = ("off_session", "on_session")
_THREE_D_SECURE = ("any", "automatic", "challenge")

_METHOD_FIELDS: dict[str, Field] = {
    "payment_method": Text(),
    "payment_method_data": Params(METHOD_DATA, required=("type",)),
    "payment_method_options": Params(
        {
            "card": Params({"request_three_d_secure": Choice(_THREE_D_SECURE)}),
            "customer_balance": Params(
                {
                    "bank_transfer": Params({"type": Choice(("eu_bank_transfer", "us_bank_transfer"))}),
                    "funding_type": Choice(("bank_transfer",)),
                }
            ),
        }
    ),
    "receipt_email": Text(unset=True),
    "setup_future_usage": Choice(_FUTURE_USAGES, unset=True),
    "shipping": SHIPPING,
    "capture_method": Choice(CAPTURE_METHODS),
}
_DESCRIPTIVE: dict[str, Field] = {
    "amount": Integer(minimum=1),
    "currency": Text(),
    "customer": Text(),
    "description": Text(1_000, unset=True),
    "metadata": Metadata(),
    "statement_descriptor": Text(22, unset=True),
    "statement_descriptor_suffix": Text(22, unset=True),
    "transfer_group": Text(),
}
ONLY_WITH_CONFIRM: dict[str, Field] = {
    "error_on_requires_action": Boolean(),
    "mandate_data": MANDATE_DATA,
    "off_session": Boolean(),
    "return_url": Text(),
    "use_stripe_sdk": Boolean(),
}

CREATE = Params(
    {
        **_METHOD_FIELDS,
        **_DESCRIPTIVE,
        **ONLY_WITH_CONFIRM,
        **marketplace.CREATE,
        "allowed_payment_method_types": ListOf(Choice(("card", *TYPES))),
        "automatic_payment_methods": Params(
            {"enabled": Boolean(), "allow_redirects": Choice(("always", "never"))}, required=("enabled",)
        ),
        "confirm": Boolean(),
        "confirmation_method": Choice(("automatic", "manual")),
    },
    required=("amount", "currency"),
)
UPDATE = Params({**_METHOD_FIELDS, **_DESCRIPTIVE, **marketplace.UPDATE})
CONFIRM = Params({**_METHOD_FIELDS, **ONLY_WITH_CONFIRM})
CAPTURE = Params(
    {
        **marketplace.CAPTURE,
        "amount_to_capture": Integer(minimum=1),
        "metadata": Metadata(),
        "statement_descriptor_suffix": Text(22, unset=True),
    }
)

_METHOD_TYPES: dict[str, Field] = {"payment_method_types": ListOf(Choice(("card", *TYPES)))}
OLDER_CREATE = CREATE.extended(_METHOD_TYPES)
OLDER_UPDATE = UPDATE.extended(_METHOD_TYPES)

PLAIN = (
    "amount",
    "capture_method",
    "currency",
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
"""Parameters that become the field of the same name."""


def new_intent(scope: Scope, params: JsonObject) -> JsonObject:
    """A payment intent as it is right after its creation, not yet recorded."""
    identifier = scope.world.ids.new("pi")
    automatic = params.get("automatic_payment_methods")
    if automatic is None and "payment_method_types" not in params:
        automatic = {"enabled": True}
    elif automatic is not None and automatic["enabled"] and "payment_method_types" in params:
        message = "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
        raise invalid(message, param="payment_method_types")
    return {
        "id": identifier,
        "object": "payment_intent",
        **{name: params.get(name) for name in PLAIN},
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None if scope.account.is_platform else scope.world.platform.application,
        "application_fee_amount": params.get("application_fee_amount"),
        "automatic_payment_methods": automatic and {"allow_redirects": "always", **automatic},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": f"{identifier}_secret_{scope.world.ids.text(_SECRET_CHARS)}",
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": scope.now,
        "customer_account": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merge_metadata({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": params.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": card_options(params),
        "payment_method_types": params.get("payment_method_types", ["card"]),
        "processing": None,
        "review": None,
        "source": None,
        "status": "requires_payment_method",
        "transfer_data": params.get("transfer_data"),
    }


def card_options(params: JsonObject) -> JsonObject:
    """The intent's options for cards."""
    wanted = params.get("payment_method_options", {}).get("card", {})
    return {
        "card": {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": wanted.get("request_three_d_secure", "automatic"),
        }
    }


def check_currency(currency: str) -> str:
    """The currency in lower case.

    Raises:
        StripeError: 400, it is none that Stripe supports.
    """
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        listed = ", ".join(sorted(SUPPORTED))
        message = f"Invalid currency: {currency[:40]}. Stripe currently supports these currencies: {listed}"
        raise invalid(message, param="currency")
    return lowered


def check_amount(amount: int, currency: str) -> None:
    """Checks Stripe's limits on charges.

    Raises:
        StripeError: 400 `amount_too_small`, `amount_too_large`, or part units of a currency that has none.
    """
    smallest, largest = charge_minimum(currency), charge_maximum(currency)
    if amount < smallest:
        message = f"Amount must be at least {display(smallest, currency)}"
        raise invalid(message, param="amount", code="amount_too_small")
    if amount > largest:
        message = f"Amount must be no more than {display(largest, currency)}"
        raise invalid(message, param="amount", code="amount_too_large")
    if amount % charge_step(currency):
        message = f"Invalid amount: {amount}; an amount in {currency} must be a multiple of {charge_step(currency)}."
        raise invalid(message, param="amount")
