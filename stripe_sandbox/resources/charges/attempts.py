"""An attempt to pay a payment intent, which leaves a charge behind whether it succeeds or not."""

from stripe_sandbox.cards import Aftermath, Authentication, Decline
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.shape import blank_charge, outcome
from stripe_sandbox.resources.debit_methods import details_of_debit
from stripe_sandbox.state.scope import Scope

AUTHORISATION_VALID_S = 7 * 86_400
"""How long a card authorisation waits for its capture (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method)."""

_FROM_INTENT = (
    "application",
    "application_fee_amount",
    "customer",
    "description",
    "on_behalf_of",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_AUTHORISATION_CHARS = 6


def add_charge(
    scope: Scope, intent: JsonObject, method: JsonObject, *, captured: bool, decline: Decline | None
) -> JsonObject:
    """Records the charge of one attempt to pay an intent. It moves no money: see `booking`."""
    failed = decline is not None
    charge = blank_charge(scope.world.ids.new("ch"), intent["amount"], intent["currency"], scope.now)
    charge.update({name: intent[name] for name in _FROM_INTENT})
    charge.update(
        amount_captured=intent["amount"] if captured and not failed else 0,
        billing_details=method["billing_details"],
        calculated_statement_descriptor="SANDBOX",
        captured=captured and not failed,
        failure_code=decline.code if decline else None,
        failure_message=decline.message if decline else None,
        metadata=dict(intent["metadata"]),
        outcome=outcome(decline, reviewed=scope.account.cards[method["id"]].aftermath is Aftermath.REVIEW),
        paid=not failed,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_method_details(scope, intent, method, captured=captured),
        status="failed" if failed else "succeeded",
    )
    _set_destination(charge, intent)
    return scope.account.charges.add(charge)


def add_pending_charge(scope: Scope, intent: JsonObject, method: JsonObject) -> JsonObject:
    """Records the charge of a debit that the customer's bank has not answered yet."""
    charge = blank_charge(scope.world.ids.new("py"), intent["amount"], intent["currency"], scope.now)
    charge.update({name: intent[name] for name in _FROM_INTENT})
    charge.update(
        amount_captured=intent["amount"],
        billing_details=method["billing_details"],
        calculated_statement_descriptor="SANDBOX",
        captured=True,
        metadata=dict(intent["metadata"]),
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=details_of_debit(method, charge["id"]),
        status="pending",
    )
    charge["outcome"] = {**charge["outcome"], "risk_level": "not_assessed", "seller_message": "Payment pending."}
    del charge["outcome"]["risk_score"]
    _set_destination(charge, intent)
    return scope.account.charges.add(charge)


def _set_destination(charge: JsonObject, intent: JsonObject) -> None:
    if intent["transfer_data"] is not None:
        charge["destination"] = intent["transfer_data"]["destination"]
        charge["transfer_data"] = {"amount": None, **intent["transfer_data"]}


def _method_details(scope: Scope, intent: JsonObject, method: JsonObject, *, captured: bool) -> JsonObject:
    """The card as it was charged."""
    shown = method["card"]
    card = scope.account.cards[method["id"]]
    authenticated = card.authentication is Authentication.ALWAYS
    return {
        "card": {
            "amount_authorized": intent["amount"],
            "authorization_code": scope.world.ids.text(_AUTHORISATION_CHARS).upper(),
            "brand": shown["brand"],
            "capture_before": None if captured else scope.now + AUTHORISATION_VALID_S,
            "checks": {**shown["checks"], "cvc_check": "pass"},
            "country": shown["country"],
            "exp_month": shown["exp_month"],
            "exp_year": shown["exp_year"],
            "extended_authorization": {"status": "disabled"},
            "fingerprint": shown["fingerprint"],
            "funding": shown["funding"],
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "last4": shown["last4"],
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": shown["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
            "regulated_status": shown["regulated_status"],
            "three_d_secure": {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"}
            if authenticated
            else None,
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }
