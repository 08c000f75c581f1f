"""`/v1/charges`, and the charges that payment intents make."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.fees import card_fee, stripe_fee_detail
from stripe_sandbox.balance.settlement import available_on, book
from stripe_sandbox.cards import Authentication, Card, Decline
from stripe_sandbox.http.call import Call
from stripe_sandbox.http.listing import SEARCH_PARAMS, list_objects, list_params, search_objects
from stripe_sandbox.http.params import Field, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.details import SHIPPING
from stripe_sandbox.resources.lookup import named_in_path
from stripe_sandbox.state.scope import Scope

AUTHORISATION_VALID_S = 7 * 86_400
"""How long a card authorisation waits for its capture (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method)."""

_SEARCHABLE = frozenset({"amount", "created", "currency", "customer", "status"})
_FROM_INTENT = (
    "currency",
    "customer",
    "description",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_AUTHORISATION_CHARS = 6
_MS_PER_S = 1_000


def add_charge(
    scope: Scope, intent: JsonObject, method: JsonObject, *, captured: bool, decline: Decline | None
) -> JsonObject:
    """Records the charge of one attempt to pay an intent. It moves no money: see `book_charge`."""
    failed = decline is not None
    charge: JsonObject = {
        "id": scope.world.ids.new("ch"),
        "object": "charge",
        **{name: intent[name] for name in _FROM_INTENT},
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured and not failed else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": captured and not failed,
        "created": scope.now,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": not failed,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(scope, intent, method, captured=captured),
        "presentment_details": None,
        "radar_options": {},
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "source": None,
        "source_transfer": None,
        "status": "failed" if failed else "succeeded",
        "transfer_data": None,
    }
    return scope.account.charges.add(charge)


def book_charge(scope: Scope, charge: JsonObject) -> None:
    """Books the captured amount less Stripe's fee and links the balance transaction."""
    amount, currency = charge["amount_captured"], charge["currency"]
    card = card_of_charge(scope, charge)
    transaction = book(
        scope.world,
        scope.account,
        Movement(
            kind="charge",
            amount=amount,
            currency=currency,
            source=charge["id"],
            available_on=available_on(scope.world, at_once=card is not None and card.skips_pending),
            fees=(stripe_fee_detail(card_fee(amount, currency), currency),),
            description=charge["description"],
        ),
    )
    charge["balance_transaction"] = transaction["id"]


def book_charge_later(scope: Scope, charge: JsonObject) -> None:
    """An asynchronous capture: the balance transaction shows a moment after the charge has succeeded."""
    delay_s = scope.world.settings.capture_delay_ms / _MS_PER_S
    scope.world.scheduler.at(scope.world.clock.now() + delay_s, lambda: complete_capture(scope, charge))


def complete_capture(scope: Scope, charge: JsonObject) -> None:
    """Ends an asynchronous capture, unless it has ended."""
    if charge["balance_transaction"] is None:
        book_charge(scope, charge)
        scope.emit("charge.updated", charge, {"balance_transaction": None})


def card_of_charge(scope: Scope, charge: JsonObject) -> Card | None:
    """The test card that was charged."""
    return scope.account.cards.get(charge["payment_method"])


def _outcome(decline: Decline | None) -> JsonObject:
    outcome: JsonObject = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is None:
        return outcome
    if decline.blocked:
        outcome.update(
            network_status="not_sent_to_network",
            reason="highest_risk_level",
            risk_level="highest",
            risk_score=90,
            seller_message="Stripe blocked this payment as too risky.",
            type="blocked",
        )
        return outcome
    outcome.update(
        network_status="declined_by_network",
        reason=decline.decline_code or decline.code,
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )
    return outcome


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


_UPDATE: dict[str, Field] = {
    "description": Text(unset=True),
    "metadata": Metadata(),
    "receipt_email": Text(unset=True),
    "shipping": SHIPPING,
    "transfer_group": Text(),
}


def _retrieve(call: Call) -> JsonObject:
    return named_in_path(call, call.account.charges)


def _update(call: Call) -> JsonObject:
    charge = _retrieve(call)
    changes = dict(call.params)
    if "metadata" in changes:
        changes["metadata"] = merge_metadata(charge["metadata"], changes["metadata"])
    previous = {name: charge[name] for name, value in changes.items() if charge[name] != value}
    charge.update(changes)
    if previous:
        call.account.charges.reindex(charge)
        call.emit("charge.updated", charge, previous)
    return charge


def _list(call: Call) -> JsonObject:
    filters = ("payment_intent", "customer", "transfer_group")
    return list_objects(call, "/v1/charges", call.account.charges, filters)


def _search(call: Call) -> JsonObject:
    return search_objects(call, "/v1/charges/search", call.account.charges, _SEARCHABLE)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/charges",
        _list,
        list_params({"payment_intent": Text(), "customer": Text(), "transfer_group": Text()}),
    ),
    Endpoint("GET", "/v1/charges/search", _search, SEARCH_PARAMS),
    Endpoint("GET", "/v1/charges/{id}", _retrieve),
    Endpoint("POST", "/v1/charges/{id}", _update, Params(_UPDATE)),
)
