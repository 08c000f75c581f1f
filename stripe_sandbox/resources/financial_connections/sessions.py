"""`/v1/financial_connections/sessions`: asking a customer to show a bank account."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import invalid, missing_parameter
from stripe_sandbox.http.params import Choice, ListOf, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import connected_account
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path

PERMISSIONS = ("balances", "ownership", "payment_method", "transactions")
_PREFETCHED = ("balances", "ownership", "transactions")
_CREATE = Params(
    {
        "account_holder": Params(
            {"account": Text(), "customer": Text(), "type": Choice(("account", "customer"))}, required=("type",)
        ),
        "filters": Params({"countries": ListOf(Text(2))}),
        "permissions": ListOf(Choice(PERMISSIONS)),
        "prefetch": ListOf(Choice(_PREFETCHED)),
        "return_url": Text(),
    },
    required=("account_holder", "permissions"),
)


def _create(call: Call) -> JsonObject:
    params, holder = call.params, call.params["account_holder"]
    kind = holder["type"]
    if kind not in holder:
        raise missing_parameter(f"account_holder[{kind}]")
    if kind == "customer":
        named_by_parameter(call.account.customers, holder["customer"], "account_holder[customer]")
    else:
        connected_account(call, holder["account"], "account_holder[account]")
    for feature in params.get("prefetch", []):
        if feature not in params["permissions"]:
            raise invalid(f"You can only prefetch {feature} with the permission for it.", param="prefetch")
    identifier = call.world.ids.new("fcsess")
    return call.account.link_sessions.add(
        {
            "id": identifier,
            "object": "financial_connections.session",
            "account_holder": {"type": kind, kind: holder[kind]},
            "accounts": {
                "object": "list",
                "data": [],
                "has_more": False,
                "url": "/v1/financial_connections/accounts",
            },
            "client_secret": f"{identifier}_secret_{call.world.ids.text(24)}",
            "filters": {"countries": params.get("filters", {}).get("countries", ["US"])},
            "livemode": False,
            "permissions": params["permissions"],
            "prefetch": params.get("prefetch", []),
            "return_url": params.get("return_url"),
        }
    )


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.link_sessions, "session")


ENDPOINTS = (
    Endpoint("POST", "/v1/financial_connections/sessions", _create, _CREATE),
    Endpoint("GET", "/v1/financial_connections/sessions/{id}", _retrieve),
)
