"""The endpoints of `/v1/refunds`."""

from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Boolean, Choice, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import complete_capture
from stripe_sandbox.resources.disputes.opening import is_charged_back
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.resources.refunds.changing import tell_changed
from stripe_sandbox.resources.refunds.giving_back import plan_giving_back
from stripe_sandbox.resources.refunds.making import check_amount, make_refund

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def _create(call: Call) -> JsonObject:
    params = call.params
    charge = _charge(call)
    amount = check_amount(charge, params.get("amount"))
    back = plan_giving_back(
        call,
        charge,
        amount,
        reverse_transfer=params.get("reverse_transfer", False),
        refund_fee=params.get("refund_application_fee", False),
    )
    details = {"metadata": merge_metadata({}, params.get("metadata")), "reason": params.get("reason")}
    return make_refund(call, charge, amount, back, details)


def _charge(call: Call) -> JsonObject:
    """The charge to refund, named directly or by its payment intent."""
    params = call.params
    if ("charge" in params) == ("payment_intent" in params):
        message = (
            "One and only one of the following params should be provided for this request: payment_intent or charge."
        )
        raise invalid(message)
    if "charge" in params:
        charge = named_by_parameter(call.account.charges, params["charge"], "charge")
    else:
        intent = named_by_parameter(call.account.payment_intents, params["payment_intent"], "payment_intent")
        found = call.account.charges.get(intent["latest_charge"] or "")
        if found is None:
            raise _nothing_to_refund(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            )
        charge = found
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise _nothing_to_refund(f"Charge {charge['id']} was not captured: there is nothing to refund.")
    if charge["source_transfer"] is not None:
        raise _nothing_to_refund(
            f"Payment {charge['id']} came with transfer {charge['source_transfer']}: reverse this transfer on the "
            "platform instead of refunding the payment."
        )
    if is_charged_back(call, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise conflict(message, code="charge_disputed")
    complete_capture(call, charge)
    return charge


def _nothing_to_refund(message: str) -> StripeError:
    return conflict(message, code="charge_not_refundable")


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.refunds)


def _update(call: Call) -> JsonObject:
    refund = _retrieve(call)
    previous = {"metadata": refund["metadata"]}
    refund["metadata"] = merge_metadata(refund["metadata"], call.params.get("metadata", {}))
    if refund["metadata"] != previous["metadata"]:
        tell_changed(call, refund, previous)
    return refund


def _list(call: Call) -> JsonObject:
    return list_objects(call, "/v1/refunds", call.account.refunds, ("charge", "payment_intent"))


ENDPOINTS = (
    Endpoint(
        "POST",
        "/v1/refunds",
        _create,
        Params(
            {
                "amount": Integer(minimum=1),
                "charge": Text(),
                "metadata": Metadata(),
                "payment_intent": Text(),
                "reason": Choice(_REASONS),
                "refund_application_fee": Boolean(),
                "reverse_transfer": Boolean(),
            }
        ),
    ),
    Endpoint("GET", "/v1/refunds", _list, list_params({"charge": Text(), "payment_intent": Text()})),
    Endpoint("GET", "/v1/refunds/{id}", _retrieve),
    Endpoint("POST", "/v1/refunds/{id}", _update, Params({"metadata": Metadata()})),
)
