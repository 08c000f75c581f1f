"""Payments by direct debit: the bank answers later, and may take the money back even after that.

https://docs.stripe.com/payments/ach-direct-debit: such a payment is `processing` until it succeeds or fails.
"""

from stripe_sandbox.debits import CURRENCIES, FAILURES, Clearing, Debit
from stripe_sandbox.http.errors import invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.attempts import add_pending_charge
from stripe_sandbox.resources.charges.booking import book_charge
from stripe_sandbox.resources.charges.returning import take_back
from stripe_sandbox.resources.disputes.opening import Claim, open_dispute
from stripe_sandbox.resources.mandates import add_mandate
from stripe_sandbox.resources.payment_intents.marketplace import join_group
from stripe_sandbox.resources.payment_methods import attach
from stripe_sandbox.state.scope import Scope

_DELAYED_S = 180
_MS_PER_S = 1_000
_DOC = "https://stripe.com/docs/error-codes/"


def check_debit(intent: JsonObject, method: JsonObject) -> None:
    """Checks that the payment can be debited.

    Raises:
        StripeError: 400, its currency, its capture method or the types it allows forbid it.
    """
    kind = method["type"]
    if intent["currency"] != CURRENCIES[kind]:
        raise invalid(
            f"The currency {intent['currency']} is not supported by {kind}: it takes only {CURRENCIES[kind]}.",
            param="payment_method",
        )
    if intent["capture_method"] == "manual":
        raise invalid(f"The payment method type {kind} does not support manual capture.", param="capture_method")
    allowed = intent["allowed_payment_method_types"]
    if allowed is None and intent["automatic_payment_methods"] is None:
        allowed = intent["payment_method_types"]
    if allowed is not None and kind not in allowed:
        raise invalid(
            f"The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. It allows: "
            f"{', '.join(allowed)}.",
            param="payment_method",
        )


def start_debit(
    scope: Scope, intent: JsonObject, method: JsonObject, debit: Debit, mandate_data: JsonObject | None
) -> None:
    """Orders the debit; the bank answers when the test account says so.

    Stripe wants a mandate; the sandbox takes one that is given or that the method has, and does without.
    """
    mandate = _mandate(scope, method, mandate_data)
    join_group(intent)
    charge = add_pending_charge(scope, intent, method)
    charge["payment_method_details"][method["type"]]["mandate"] = mandate
    if method["type"] not in intent["payment_method_types"]:
        intent["payment_method_types"] = [*intent["payment_method_types"], method["type"]]
    intent.update(latest_charge=charge["id"], status="processing")
    if scope.world.settings.debit_booked == "pending":
        book_charge(scope, charge)
    scope.emit("payment_intent.processing", intent)
    scope.emit("charge.pending", charge)
    if intent["setup_future_usage"] is not None and intent["customer"] is not None:
        attach(scope, method, intent["customer"])
    if debit.clearing is Clearing.NEVER:
        return
    wait_s = _DELAYED_S if debit.clearing is Clearing.DELAYED else scope.world.settings.debit_delay_ms / _MS_PER_S
    scope.world.scheduler.at(scope.world.clock.now() + wait_s, lambda: _clear(scope.by_itself, intent, charge, debit))


def succeed(scope: Scope, intent: JsonObject, charge: JsonObject) -> None:
    """The bank has paid."""
    charge.update(paid=True, status="succeeded")
    if charge["balance_transaction"] is None:
        book_charge(scope, charge)
    intent.update(amount_received=intent["amount"], status="succeeded")
    scope.emit("charge.succeeded", charge)
    scope.emit("payment_intent.succeeded", intent)


def fail(scope: Scope, intent: JsonObject, charge: JsonObject, code: str) -> None:
    """The bank has not paid."""
    take_back(scope, charge, code)
    method = scope.account.payment_methods.get(charge["payment_method"])
    error: JsonObject = {
        "charge": charge["id"],
        "code": code,
        "doc_url": _DOC + code.replace("_", "-"),
        "message": FAILURES[code],
        "payment_method": None if method is None else dict(method),
        "type": "invalid_request_error",
    }
    intent.update(last_payment_error=error, payment_method=None, status="requires_payment_method")
    scope.emit("payment_intent.payment_failed", intent)


def _mandate(scope: Scope, method: JsonObject, given: JsonObject | None) -> str | None:
    """Id of the mandate that allows the debit."""
    if given is not None:
        return str(add_mandate(scope, method, given)["id"])
    active = [
        one for one in scope.account.mandates.matching("payment_method", method["id"]) if one["status"] == "active"
    ]
    return active[-1]["id"] if active else None


def _clear(scope: Scope, intent: JsonObject, charge: JsonObject, debit: Debit) -> None:
    """The bank's answer, unless it was given by control."""
    if charge["status"] != "pending":
        return
    if debit.failure is not None:
        fail(scope, intent, charge, debit.failure)
        return
    succeed(scope, intent, charge)
    if debit.disputed:
        open_dispute(scope, charge, Claim("debit_not_authorized"))
