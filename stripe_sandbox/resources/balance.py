"""`/v1/balance` and `/v1/balance_transactions`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Text
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path


def _balance(call: Call) -> JsonObject:
    return call.account.balance.render(call.account.default_currency)


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.balance.transactions)


def _list(call: Call) -> JsonObject:
    if (
        "payout" in call.params
        and not named_by_parameter(call.account.payouts, call.params["payout"], "payout")["automatic"]
    ):
        raise conflict("Balance transaction history can only be filtered on automatic transfers, not manual.")
    transactions = call.account.balance.transactions
    return list_objects(call, "/v1/balance_transactions", transactions, ("payout", "type", "currency", "source"))


ENDPOINTS = (
    Endpoint("GET", "/v1/balance", _balance),
    Endpoint(
        "GET",
        "/v1/balance_transactions",
        _list,
        list_params({"payout": Text(), "type": Text(), "currency": Text(), "source": Text()}),
    ),
    Endpoint("GET", "/v1/balance_transactions/{id}", _retrieve),
)
