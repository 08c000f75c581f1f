"""`/v1/financial_connections/accounts`: https://docs.stripe.com/api/financial_connections/accounts."""

from typing import Literal

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, ListOf, Params, Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.state.scope import Scope

Change = Literal["deactivated", "disconnected", "reactivated"]
Notice = Literal[
    "account_numbers_updated",
    "expected_deactivation_date_updated",
    "supported_payment_method_types_updated",
    "upcoming_account_number_expiry",
    "upcoming_deactivation",
]
FEATURES = ("balance", "ownership", "transactions")
REFRESHES = {"balance": "balance_refresh", "ownership": "ownership_refresh", "transactions": "transaction_refresh"}
_REFRESH_EVERY_S = 60
_BALANCE = 10_000
_STATUS = {"deactivated": "inactive", "disconnected": "disconnected", "reactivated": "active"}


def add_linked_account(scope: Scope, session: JsonObject) -> JsonObject:
    """A checking account at the test bank that the holder of a session has shown."""
    account = scope.account.linked_accounts.add(
        {
            "id": scope.world.ids.new("fca"),
            "object": "financial_connections.account",
            "account_holder": session["account_holder"],
            "account_numbers": None,
            "balance": None,
            "balance_refresh": None,
            "category": "cash",
            "created": scope.now,
            "display_name": "Sandbox checking account",
            "institution_name": "StripeBank",
            "last4": "6789",
            "livemode": False,
            "ownership": None,
            "ownership_refresh": None,
            "permissions": session["permissions"],
            "status": "active",
            "subcategory": "checking",
            "subscriptions": [],
            "supported_payment_method_types": ["us_bank_account"],
            "transaction_refresh": None,
        }
    )
    scope.emit("financial_connections.account.created", account)
    return account


def change_linked_account(scope: Scope, account: JsonObject, what: Change) -> None:
    """The bank, the customer or the platform ends the connection, or the customer renews it.

    Raises:
        StripeError: 400, the connection is not in a state for that.
    """
    wanted = _STATUS[what]
    if account["status"] == "disconnected" or (what != "disconnected" and account["status"] == wanted):
        raise conflict(f"The account {account['id']} is {account['status']}: it cannot be {what}.")
    previous = {"status": account["status"]}
    account["status"] = wanted
    scope.emit(f"financial_connections.account.{what}", account, previous)


def _refresh(call: Call) -> JsonObject:
    account = _named(call)
    if account["status"] != "active":
        raise conflict(f"The account {account['id']} is {account['status']}: its data cannot be refreshed.")
    for feature in call.params["features"]:
        name = REFRESHES[feature]
        account[name] = {
            "last_attempted_at": call.now,
            "next_refresh_available_at": call.now + _REFRESH_EVERY_S,
            "status": "pending",
            **({"id": call.world.ids.new("fctxnref")} if feature == "transactions" else {}),
        }
        _finish_later(call.by_itself, account, feature)
    return account


def _finish_later(scope: Scope, account: JsonObject, feature: str) -> None:
    """The bank answers a moment later."""

    def answered() -> None:
        if account["status"] != "active":
            return
        account[REFRESHES[feature]] = {**account[REFRESHES[feature]], "status": "succeeded"}
        if feature == "balance":
            account["balance"] = {
                "as_of": scope.now,
                "cash": {"available": {"usd": _BALANCE}},
                "credit": None,
                "current": {"usd": _BALANCE},
                "type": "cash",
            }
        scope.emit(f"financial_connections.account.refreshed_{feature}", account)

    scope.world.scheduler.at(scope.world.clock.now() + scope.world.settings.capture_delay_ms / 1_000, answered)


def _retrieve(call: Call) -> JsonObject:
    return _named(call)


def _disconnect(call: Call) -> JsonObject:
    account = _named(call)
    change_linked_account(call, account, "disconnected")
    return account


def _list(call: Call) -> JsonObject:
    wanted = call.params.get("account_holder", {})

    def accepts(item: JsonObject) -> bool:
        return all(item["account_holder"].get(name) == value for name, value in wanted.items())

    url = "/v1/financial_connections/accounts"
    return list_objects(call, url, call.account.linked_accounts, (), accepts)


def _named(call: Call) -> JsonObject:
    return named_in_path(call, call.account.linked_accounts, "account")


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/financial_connections/accounts",
        _list,
        list_params({"account_holder": Params({"account": Text(), "customer": Text()})}, created=False),
    ),
    Endpoint("GET", "/v1/financial_connections/accounts/{id}", _retrieve),
    Endpoint("POST", "/v1/financial_connections/accounts/{id}/disconnect", _disconnect),
    Endpoint(
        "POST",
        "/v1/financial_connections/accounts/{id}/refresh",
        _refresh,
        Params({"features": ListOf(Choice(FEATURES))}, required=("features",)),
    ),
)
