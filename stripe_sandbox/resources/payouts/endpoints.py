"""The endpoints of `/v1/payouts`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, invalid, no_such_object
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.http.time_filter import TimeFilter
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.resources.payment_intents.shape import check_currency
from stripe_sandbox.resources.payouts.destinations import bank_account_for
from stripe_sandbox.resources.payouts.life import cancel
from stripe_sandbox.resources.payouts.making import Order, fee_of, make_payout
from stripe_sandbox.resources.payouts.reversing import reverse


def _create(call: Call) -> JsonObject:
    params = call.params
    if not call.account.is_platform and not call.account.profile["payouts_enabled"]:
        raise conflict(
            "Payouts have been disabled on the connected account. Please check the connected account's status to see "
            "why payouts are disabled.",
            code="payouts_not_allowed",
        )
    destination = _destination(call)
    if params.get("method", "standard") not in destination["available_payout_methods"]:
        raise conflict(
            f"The bank account {destination['id']} does not support instant payouts.",
            code="instant_payouts_unsupported",
            param="method",
        )
    order = Order(
        params["amount"],
        destination,
        instant=params.get("method") == "instant",
        description=params.get("description"),
        metadata=merge_metadata({}, params.get("metadata")),
        statement_descriptor=params.get("statement_descriptor"),
    )
    _check_funds(call, order)
    return make_payout(call, order)


def _destination(call: Call) -> JsonObject:
    currency, identifier = check_currency(call.params["currency"]), call.params.get("destination")
    if identifier is not None and call.account.find(identifier) is None:
        raise no_such_object("external account", identifier, "destination")
    found = bank_account_for(call, currency, identifier)
    if found is None:
        raise invalid(f"Sorry, you don't have any external accounts in that currency ({currency}).", param="currency")
    return found


def _check_funds(call: Call, order: Order) -> None:
    """A payout takes what is available, not what is pending."""
    funds = call.account.balance.funds.get(order.destination["currency"])
    if funds is None or order.amount + fee_of(order) > funds.available:
        raise StripeError(
            400,
            "invalid_request_error",
            "You have insufficient funds in your Stripe account. One likely reason you have insufficient funds is that "
            "your funds are automatically being paid out; try enabling manual payouts by going to "
            "https://dashboard.stripe.com/account/payouts.",
            code="balance_insufficient",
        )


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.payouts)


def _update(call: Call) -> JsonObject:
    payout = _retrieve(call)
    previous = {"metadata": payout["metadata"]}
    payout["metadata"] = merge_metadata(payout["metadata"], call.params.get("metadata", {}))
    if payout["metadata"] != previous["metadata"]:
        call.emit("payout.updated", payout, previous)
    return payout


def _cancel(call: Call) -> JsonObject:
    payout = _retrieve(call)
    if payout["status"] != "pending" or payout["automatic"]:
        raise conflict(
            f"Payouts can only be canceled while they are pending and only if they are not automatic: {payout['id']} "
            f"has a status of {payout['status']}."
        )
    cancel(call, payout)
    return payout


def _reverse(call: Call) -> JsonObject:
    return reverse(call, _retrieve(call), merge_metadata({}, call.params.get("metadata")))


def _list(call: Call) -> JsonObject:
    arrival = call.params.get("arrival_date")
    return list_objects(
        call,
        "/v1/payouts",
        call.account.payouts,
        ("destination", "status"),
        None if arrival is None else lambda item: arrival.holds(item["arrival_date"]),
    )


_CREATE = Params(
    {
        "amount": Integer(minimum=1),
        "currency": Text(),
        "description": Text(unset=True),
        "destination": Text(),
        "metadata": Metadata(),
        "method": Choice(("instant", "standard")),
        "source_type": Choice(("card",)),
        "statement_descriptor": Text(22),
    },
    required=("amount", "currency"),
)
_STATUSES = ("canceled", "failed", "in_transit", "paid", "pending")

ENDPOINTS = (
    Endpoint("POST", "/v1/payouts", _create, _CREATE),
    Endpoint(
        "GET",
        "/v1/payouts",
        _list,
        list_params({"arrival_date": TimeFilter(), "destination": Text(), "status": Choice(_STATUSES)}),
    ),
    Endpoint("GET", "/v1/payouts/{id}", _retrieve),
    Endpoint("POST", "/v1/payouts/{id}", _update, Params({"metadata": Metadata()})),
    Endpoint("POST", "/v1/payouts/{id}/cancel", _cancel),
    Endpoint("POST", "/v1/payouts/{id}/reverse", _reverse, Params({"metadata": Metadata()})),
)
