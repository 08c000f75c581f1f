"""`/v1/mandates`: a customer's permission to debit: https://docs.stripe.com/api/mandates/object."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import missing_parameter
from stripe_sandbox.http.params import Choice, Integer, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.state.scope import Scope

MANDATE_DATA = Params(
    {
        "customer_acceptance": Params(
            {
                "accepted_at": Integer(0),
                "offline": Params({}),
                "online": Params({"ip_address": Text(), "user_agent": Text()}, required=("ip_address", "user_agent")),
                "type": Choice(("offline", "online")),
            },
            required=("type",),
        )
    },
    required=("customer_acceptance",),
)


def add_mandate(scope: Scope, method: JsonObject, given: JsonObject, param: str = "mandate_data") -> JsonObject:
    """Records that a customer has allowed debits of a payment method.

    Raises:
        StripeError: 400, an online acceptance does not say from where.
    """
    acceptance = given["customer_acceptance"]
    kind = acceptance["type"]
    if kind == "online" and "online" not in acceptance:
        raise missing_parameter(f"{param}[customer_acceptance][online]")
    return scope.account.mandates.add(
        {
            "id": scope.world.ids.new("mandate"),
            "object": "mandate",
            "customer_acceptance": {
                "accepted_at": acceptance.get("accepted_at", scope.now),
                kind: acceptance.get(kind, {}),
                "type": kind,
            },
            "livemode": False,
            "multi_use": {},
            "payment_method": method["id"],
            "payment_method_details": {method["type"]: {}, "type": method["type"]},
            "status": "active",
            "type": "multi_use",
        }
    )


def end_mandates(scope: Scope, method: JsonObject) -> None:
    """A payment method is no longer the customer's: nothing may be debited by it."""
    for mandate in scope.account.mandates.matching("payment_method", method["id"]):
        end_mandate(scope, mandate)


def end_mandate(scope: Scope, mandate: JsonObject) -> None:
    """The customer or the bank has taken the permission back."""
    if mandate["status"] != "inactive":
        previous = {"status": mandate["status"]}
        mandate["status"] = "inactive"
        scope.emit("mandate.updated", mandate, previous)


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.mandates, "mandate")


ENDPOINTS = (Endpoint("GET", "/v1/mandates/{id}", _retrieve),)
