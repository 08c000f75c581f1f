"""`/v1/refunds`: giving a charge back, in full or in part."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.http.listing import list_objects, list_params
from stripe_sandbox.http.params import Choice, Integer, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges import complete_capture
from stripe_sandbox.resources.lookup import named_by_parameter, named_in_path
from stripe_sandbox.state.scope import Scope

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def _create(call: Call) -> JsonObject:
    params = call.params
    charge = _charge(call)
    left = charge["amount_captured"] - _refunded_of_captured(charge)
    amount = params.get("amount", left)
    if left == 0:
        raise conflict(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise conflict(
            f"Refund amount ({amount} {charge['currency']}) is greater than unrefunded amount on charge "
            f"({left} {charge['currency']})",
            code="amount_too_large",
            param="amount",
        )
    refund = _record(call, charge, amount)
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge, {k: v for k, v in previous.items() if charge[k] != v})
    return refund


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
    complete_capture(call, charge)
    return charge


def _nothing_to_refund(message: str) -> StripeError:
    return conflict(message, code="charge_not_refundable")


def _refunded_of_captured(charge: JsonObject) -> int:
    """What has been refunded of the captured part: a partial capture counts the rest as refunded too."""
    return int(charge["amount_refunded"]) - (int(charge["amount"]) - int(charge["amount_captured"]))


def _record(scope: Call, charge: JsonObject, amount: int) -> JsonObject:
    """Records the refund and books what it takes from the balance; Stripe keeps its fee."""
    refund: JsonObject = {
        "id": scope.world.ids.new("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": scope.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": merge_metadata({}, scope.params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": scope.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    movement = Movement(
        kind="refund",
        amount=-amount,
        currency=charge["currency"],
        source=refund["id"],
        available_on=_taken_on(scope, charge),
        description=f"REFUND FOR CHARGE ({charge['description']})" if charge["description"] else "REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    return scope.account.refunds.add(refund)


def _taken_on(scope: Scope, charge: JsonObject) -> int:
    """A refund is taken from the same funds as its charge: from pending ones as long as they are pending."""
    transaction = scope.account.balance.transactions.get(charge["balance_transaction"])
    return scope.now if transaction is None else max(scope.now, int(transaction["available_on"]))


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.refunds)


def _update(call: Call) -> JsonObject:
    refund = _retrieve(call)
    previous = {"metadata": refund["metadata"]}
    refund["metadata"] = merge_metadata(refund["metadata"], call.params.get("metadata", {}))
    if refund["metadata"] != previous["metadata"]:
        call.emit("refund.updated", refund, previous)
        call.emit("charge.refund.updated", refund, previous)
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
            }
        ),
    ),
    Endpoint("GET", "/v1/refunds", _list, list_params({"charge": Text(), "payment_intent": Text()})),
    Endpoint("GET", "/v1/refunds/{id}", _retrieve),
    Endpoint("POST", "/v1/refunds/{id}", _update, Params({"metadata": Metadata()})),
)
