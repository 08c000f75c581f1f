"""Doubts about a charge: warnings of its issuer, and reviews by people. What becomes of the charge ends them."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


def warn(scope: Scope, charge: JsonObject, fraud_type: str) -> JsonObject:
    """The issuer says that the charge is probably fraud: https://docs.stripe.com/api/radar/early_fraud_warnings."""
    warning: JsonObject = {
        "id": scope.world.ids.new("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": not charge["refunded"] and not charge["disputed"],
        "charge": charge["id"],
        "created": scope.now,
        "fraud_type": fraud_type,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    scope.account.fraud_warnings.add(warning)
    scope.emit("radar.early_fraud_warning.created", warning)
    return warning


def open_review(scope: Scope, charge: JsonObject, reason: str) -> JsonObject:
    """Somebody, or a `rule`, wants a person to look at the charge: https://docs.stripe.com/api/radar/reviews."""
    review: JsonObject = {
        "id": scope.world.ids.new("prv"),
        "object": "review",
        "billing_zip": None,
        "charge": charge["id"],
        "closed_reason": None,
        "created": scope.now,
        "ip_address": None,
        "ip_address_location": None,
        "livemode": False,
        "open": True,
        "opened_reason": reason,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "session": None,
    }
    scope.account.reviews.add(review)
    charge["review"] = review["id"]
    intent = scope.account.payment_intents.get(charge["payment_intent"] or "")
    if intent is not None:
        intent["review"] = review["id"]
    scope.emit("review.opened", review)
    return review


def close_review(scope: Scope, review: JsonObject, reason: str) -> None:
    """The review has ended with this result."""
    review.update(closed_reason=reason, open=False, reason=reason)
    scope.emit("review.closed", review)


def end_doubts(scope: Scope, charge: JsonObject, reason: str) -> None:
    """Nothing is left to be done about the charge: it has been refunded, disputed or canceled."""
    for warning in scope.account.fraud_warnings.matching("charge", charge["id"]):
        if warning["actionable"]:
            warning["actionable"] = False
            scope.emit("radar.early_fraud_warning.updated", warning, {"actionable": True})
    for review in scope.account.reviews.matching("charge", charge["id"]):
        if review["open"]:
            close_review(scope, review, reason)
