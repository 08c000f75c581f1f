"""Payments for connected accounts: who receives the money, what the platform keeps.

Rules: https://docs.stripe.com/connect/destination-charges and https://docs.stripe.com/connect/direct-charges.
"""

from stripe_sandbox.http.errors import invalid
from stripe_sandbox.http.params import Field, Integer, Params, Text
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.standing import check_settlement_merchant, receiving_account
from stripe_sandbox.state.scope import Scope

_TRANSFER_AMOUNT: dict[str, Field] = {"amount": Integer(minimum=1)}
CREATE: dict[str, Field] = {
    "application_fee_amount": Integer(minimum=0),
    "on_behalf_of": Text(),
    "transfer_data": Params({**_TRANSFER_AMOUNT, "destination": Text()}, required=("destination",)),
}
UPDATE: dict[str, Field] = {
    "application_fee_amount": Integer(minimum=0, unset=True),
    "transfer_data": Params(_TRANSFER_AMOUNT),
}
CAPTURE: dict[str, Field] = {
    "application_fee_amount": Integer(minimum=0),
    "transfer_data": Params(_TRANSFER_AMOUNT),
}
_GROUP = "group_"


def terms_after(intent: JsonObject, params: JsonObject) -> JsonObject:
    """The intent with the parameters of this module taken over, as a copy."""
    after = dict(intent)
    after.update({name: params[name] for name in ("application_fee_amount", "on_behalf_of") if name in params})
    if "transfer_data" in params:
        after["transfer_data"] = {**(intent["transfer_data"] or {}), **params["transfer_data"]}
    return after


def check_terms(scope: Scope, intent: JsonObject) -> None:
    """Checks who shall receive what.

    Raises:
        StripeError: 400, the accounts may not receive, or the amounts contradict each other.
    """
    fee, transfer = intent["application_fee_amount"], intent["transfer_data"]
    if transfer is not None:
        if "destination" not in transfer:
            message = "You can only pass `transfer_data[amount]` for a PaymentIntent with `transfer_data[destination]`."
            raise invalid(message, param="transfer_data[amount]")
        receiving_account(scope, transfer["destination"], "transfer_data[destination]")
        _check_transfer_amount(intent)
    if fee is not None:
        _check_fee(scope, intent)
    if intent["on_behalf_of"] is not None:
        check_settlement_merchant(scope, intent["on_behalf_of"])


def join_group(intent: JsonObject) -> None:
    """A destination charge and its transfer are always a group."""
    if intent["transfer_data"] is not None and intent["transfer_group"] is None:
        intent["transfer_group"] = _GROUP + intent["id"]


def check_capture_terms(scope: Scope, intent: JsonObject, params: JsonObject) -> JsonObject:
    """The intent's terms with what the capture says, as a copy. What is more than the captured amount is cut later.

    Raises:
        StripeError: 400, as `check_terms`.
    """
    after = terms_after(intent, params)
    check_terms(scope, {**after, **_capped(after)})
    return after


def apply_terms(charge: JsonObject, intent: JsonObject, terms: JsonObject) -> None:
    """Writes the terms of a capture into the intent and its charge."""
    for name in ("application_fee_amount", "transfer_data"):
        intent[name] = terms[name]
    charge["application_fee_amount"] = terms["application_fee_amount"]
    if terms["transfer_data"] is not None:
        charge["transfer_data"] = {"amount": None, **terms["transfer_data"]}


def _capped(terms: JsonObject) -> JsonObject:
    """Amounts of a capture that exceed the payment are no mistake: Stripe takes all there is."""
    capped: JsonObject = {}
    if terms["application_fee_amount"] is not None:
        capped["application_fee_amount"] = min(terms["application_fee_amount"], terms["amount"])
    if terms["transfer_data"] is not None and "amount" in terms["transfer_data"]:
        amount = min(terms["transfer_data"]["amount"], terms["amount"])
        capped["transfer_data"] = {**terms["transfer_data"], "amount": amount}
    return capped


def _check_transfer_amount(intent: JsonObject) -> None:
    amount = intent["transfer_data"].get("amount")
    if amount is None:
        return
    if intent["application_fee_amount"] is not None:
        raise invalid(
            "Received both application_fee_amount and transfer_data[amount] parameters. Please pass in only one.",
            param="application_fee_amount",
            code="parameters_exclusive",
        )
    if amount > intent["amount"]:
        raise invalid(
            f"The transfer_data[amount] ({amount}) must be less than or equal to the amount of the PaymentIntent "
            f"({intent['amount']}).",
            param="transfer_data[amount]",
            code="amount_too_large",
        )


def _check_fee(scope: Scope, intent: JsonObject) -> None:
    fee = intent["application_fee_amount"]
    if scope.account.is_platform and intent["transfer_data"] is None:
        raise invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an "
            "OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            param="application_fee_amount",
        )
    if fee > intent["amount"]:
        raise invalid(
            f"The application_fee_amount ({fee}) must be less than or equal to the amount of the PaymentIntent "
            f"({intent['amount']}).",
            param="application_fee_amount",
            code="amount_too_large",
        )
