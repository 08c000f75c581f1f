"""The endpoints of `/v1/application_fees`."""

from stripe_sandbox.balance.settlement import taken_on
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import conflict
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.refunding import credit_payer, refund_fee
from stripe_sandbox.resources.lookup import named_in_path, part_in_path


def _named(call: Call) -> JsonObject:
    return named_in_path(call, call.account.application_fees)


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/application_fees", call.account.application_fees, ("charge",))


def _create_refund(call: Call) -> JsonObject:
    fee, params = _named(call), call.params
    left = fee["amount"] - fee["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise conflict(f"Application fee {fee['id']} has already been fully refunded.")
    if amount > left:
        raise conflict(
            f"Refund amount ({amount} {fee['currency']}) is greater than unrefunded amount on application fee "
            f"({left} {fee['currency']})",
            code="amount_too_large",
            param="amount",
        )
    payer = call.within(call.world.accounts[fee["account"]])
    refund = refund_fee(call, fee, amount, merge_metadata({}, params.get("metadata")))
    charge = payer.account.charges.get(fee["charge"])
    paid_with = None if charge is None else charge["balance_transaction"]
    credit_payer(payer, refund, taken_on(call.world, payer.account, paid_with))
    return refund


def _list_refunds(call: Call) -> JsonObject:
    fee = _named(call)
    call.params["fee"] = fee["id"]
    return list_objects(call, fee["refunds"]["url"], call.account.fee_refunds, ("fee",))


def _retrieve_refund(call: Call) -> JsonObject:
    return part_in_path(call, call.account.fee_refunds, "refund", "fee")


def _update_refund(call: Call) -> JsonObject:
    refund = _retrieve_refund(call)
    previous = {"metadata": refund["metadata"]}
    refund["metadata"] = merge_metadata(refund["metadata"], call.params.get("metadata", {}))
    if refund["metadata"] != previous["metadata"]:
        call.emit("application_fee.refund.updated", refund, previous)
    return refund


ENDPOINTS = (
    Endpoint("GET", "/v1/application_fees", _list, list_params({"charge": Text()})),
    Endpoint("GET", "/v1/application_fees/{id}", _named),
    Endpoint(
        "POST",
        "/v1/application_fees/{id}/refunds",
        _create_refund,
        Params({"amount": Integer(minimum=1), "metadata": Metadata()}),
    ),
    Endpoint("GET", "/v1/application_fees/{id}/refunds", _list_refunds, list_params(created=False)),
    Endpoint("GET", "/v1/application_fees/{id}/refunds/{refund}", _retrieve_refund),
    Endpoint("POST", "/v1/application_fees/{id}/refunds/{refund}", _update_refund, Params({"metadata": Metadata()})),
)
