"""The setup intent as an object, and its parameters: https://docs.stripe.com/api/setup_intents/object."""

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.params import Boolean, Choice, Field, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.mandates import MANDATE_DATA
from stripe_sandbox.resources.payment_methods import METHOD_DATA
from stripe_sandbox.state.scope import Scope

_SECRET_CHARS = 25
_METHOD_FIELDS: dict[str, Field] = {
    "mandate_data": MANDATE_DATA,
    "payment_method": Text(),
    "payment_method_data": Params(METHOD_DATA, required=("type",)),
    "payment_method_options": Params(
        {"card": Params({"request_three_d_secure": Choice(("any", "automatic", "challenge"))})}
    ),
}
_DESCRIPTIVE: dict[str, Field] = {
    "customer": Text(),
    "description": Text(1_000, unset=True),
    "metadata": Metadata(),
}
ONLY_WITH_CONFIRM: dict[str, Field] = {"return_url": Text(), "use_stripe_sdk": Boolean()}
_METHOD_TYPES: dict[str, Field] = {"payment_method_types": ListOf(Text())}

CREATE = Params(
    {
        **_METHOD_FIELDS,
        **_DESCRIPTIVE,
        **ONLY_WITH_CONFIRM,
        "automatic_payment_methods": Params(
            {"enabled": Boolean(), "allow_redirects": Choice(("always", "never"))}, required=("enabled",)
        ),
        "confirm": Boolean(),
        "on_behalf_of": Text(),
        "usage": Choice(("off_session", "on_session")),
    }
)
UPDATE = Params({**_METHOD_FIELDS, **_DESCRIPTIVE})
CONFIRM = Params({**_METHOD_FIELDS, **ONLY_WITH_CONFIRM})
OLDER_CREATE = CREATE.extended(_METHOD_TYPES)
OLDER_UPDATE = UPDATE.extended(_METHOD_TYPES)


def new_setup(scope: Scope, params: JsonObject) -> JsonObject:
    """A setup intent as it is right after its creation, not yet recorded.

    Raises:
        StripeError: 400, the parameters contradict each other.
    """
    identifier = scope.world.ids.new("seti")
    automatic, kinds = params.get("automatic_payment_methods"), params.get("payment_method_types")
    if automatic is None and kinds is None:
        automatic = {"enabled": True}
    elif automatic is not None and automatic["enabled"] and kinds is not None:
        message = "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
        raise invalid(message, param="payment_method_types")
    return {
        "id": identifier,
        "object": "setup_intent",
        "application": None if scope.account.is_platform else scope.world.platform.application,
        "automatic_payment_methods": automatic and {"allow_redirects": "always", **automatic},
        "cancellation_reason": None,
        "client_secret": f"{identifier}_secret_{scope.world.ids.text(_SECRET_CHARS)}",
        "created": scope.now,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merge_metadata({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": params.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": options_of(params),
        "payment_method_types": kinds or ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }


def options_of(params: JsonObject) -> JsonObject:
    """What is wanted of cards."""
    wanted = params.get("payment_method_options", {}).get("card", {})
    return {
        "card": {
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": wanted.get("request_three_d_secure", "automatic"),
        }
    }
