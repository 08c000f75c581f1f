"""After authorisation: capturing all or a part of it, cancelling it, letting it expire."""

from stripe_sandbox.http.errors import StripeError, conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.aftermath import arrange_aftermath
from stripe_sandbox.resources.charges.booking import book_charge
from stripe_sandbox.resources.radar.doubts import end_doubts
from stripe_sandbox.state.scope import Scope

CANCELLABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")


def check_capture(scope: Scope, intent: JsonObject, amount: int | None) -> tuple[JsonObject, int]:
    """The authorised charge and the amount to capture: `amount`, or all that is authorised.

    Raises:
        StripeError: 400, nothing is authorised or it is less than `amount`.
    """
    charge = scope.account.charges.get(intent["latest_charge"] or "")
    if intent["status"] != "requires_capture" or charge is None:
        raise unexpected_state(intent, "captured", ("requires_capture",))
    captured = intent["amount_capturable"] if amount is None else amount
    if captured > intent["amount_capturable"]:
        raise conflict(
            f"The payment could not be captured because the requested capture amount is greater than the amount you "
            f"can capture for this charge: {captured} > {intent['amount_capturable']}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    return charge, captured


def capture(scope: Scope, intent: JsonObject, charge: JsonObject, amount: int) -> None:
    """Captures `amount` of an authorised charge; what is left over is released."""
    charge.update(captured=True, amount_captured=amount)
    # Stripe counts what a partial capture releases as refunded, though no money came or went.
    charge["amount_refunded"] = charge["amount"] - amount
    charge["payment_method_details"]["card"]["capture_before"] = None
    book_charge(scope, charge)
    intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
    scope.emit("charge.captured", charge)
    scope.emit("payment_intent.succeeded", intent)
    arrange_aftermath(scope, charge)


def cancel(scope: Scope, intent: JsonObject, reason: str | None) -> None:
    """Cancels an intent; an authorisation that was not captured is released.

    Raises:
        StripeError: 400, it has succeeded or is canceled already.
    """
    if intent["status"] not in CANCELLABLE:
        raise unexpected_state(intent, "canceled", CANCELLABLE)
    charge = scope.account.charges.get(intent["latest_charge"] or "")
    released = intent["status"] == "requires_capture" and charge is not None
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=scope.now,
        cancellation_reason=reason,
        next_action=None,
    )
    if released and charge is not None:
        previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
        charge.update(amount_refunded=charge["amount"], refunded=True)
        scope.emit("charge.expired" if reason == "automatic" else "charge.refunded", charge, previous)
        end_doubts(scope, charge, "canceled")
    scope.emit("payment_intent.canceled", intent)


def expire(scope: Scope, intent: JsonObject) -> None:
    """Cancels an authorisation that nobody captured in time."""
    if intent["status"] == "requires_capture":
        cancel(scope, intent, "automatic")


def unexpected_state(intent: JsonObject, action: str, allowed: tuple[str, ...]) -> StripeError:
    """Stripe's refusal of an action that the intent's status does not allow."""
    if intent["status"] == action:
        return invalid_state(f"This PaymentIntent has already been {action}.", intent)
    return invalid_state(
        f"This PaymentIntent could not be {action} because it has a status of {intent['status']}. Only a "
        f"PaymentIntent with one of the following statuses may be {action}: {', '.join(allowed)}.",
        intent,
    )


def invalid_state(message: str, intent: JsonObject) -> StripeError:
    """400 `payment_intent_unexpected_state` with the intent inside."""
    return conflict(message, code="payment_intent_unexpected_state", extra={"payment_intent": intent})
