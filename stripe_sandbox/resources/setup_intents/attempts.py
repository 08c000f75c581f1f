"""`/v1/setup_attempts`: each try to save a payment method, whether it succeeded or not."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_FROM_INTENT = ("application", "customer", "customer_account", "flow_directions", "on_behalf_of", "usage")
_CARD_SHOWN = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")


def add_attempt(scope: Scope, intent: JsonObject, method: JsonObject, status: str, error: JsonObject | None) -> None:
    """Records an attempt and makes it the intent's latest."""
    attempt = scope.account.setup_attempts.add(
        {
            "id": scope.world.ids.new("setatt"),
            "object": "setup_attempt",
            **{name: intent[name] for name in _FROM_INTENT},
            "created": scope.now,
            "livemode": False,
            "payment_method": method["id"],
            "payment_method_details": _details(method),
            "setup_error": error,
            "setup_intent": intent["id"],
            "status": status,
        }
    )
    intent["latest_attempt"] = attempt["id"]


def _details(method: JsonObject) -> JsonObject:
    kind = method["type"]
    if kind != "card":
        return {kind: {}, "type": kind}
    card = method["card"]
    shown = {name: card[name] for name in _CARD_SHOWN}
    return {"card": {**shown, "network": card["brand"], "three_d_secure": None}, "type": "card"}


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/setup_attempts", call.account.setup_attempts, ("setup_intent",))


_LIST = list_params({"setup_intent": Text()})
ENDPOINTS = (Endpoint("GET", "/v1/setup_attempts", _list, Params(_LIST.fields, required=("setup_intent",))),)
