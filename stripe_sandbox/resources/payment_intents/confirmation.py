"""Confirming a payment intent: checks, authentication, the attempt to charge and what follows from it."""

from dataclasses import dataclass

from stripe_sandbox.cards import AUTHENTICATION_REQUIRED, NOT_AUTHENTICATED, Authentication, Card, Decline
from stripe_sandbox.debits import CURRENCIES
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.aftermath import arrange_aftermath, arrange_review
from stripe_sandbox.resources.charges.attempts import AUTHORISATION_VALID_S, add_charge
from stripe_sandbox.resources.charges.booking import book_charge, book_charge_later
from stripe_sandbox.resources.payment_intents import bank_transfers
from stripe_sandbox.resources.payment_intents.bank_transfers import (
    awaits_transfer,
    check_bank_transfer,
    wait_for_transfer,
)
from stripe_sandbox.resources.payment_intents.capture import expire
from stripe_sandbox.resources.payment_intents.debiting import check_debit, start_debit
from stripe_sandbox.resources.payment_intents.marketplace import check_terms, join_group
from stripe_sandbox.resources.payment_methods import attach
from stripe_sandbox.state.scope import Scope

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_DOC = "https://stripe.com/docs/error-codes/"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How an intent is to be confirmed.

    Attributes:
        return_url: Where the customer's browser goes after authenticating.
        off_session: The customer is not there to authenticate.
        error_on_requires_action: Fail rather than wait for the customer.
        use_stripe_sdk: The client handles the authentication itself; no redirect.
        base_url: Where the sandbox can be reached by the customer's browser.
        mandate_data: The customer's consent to debits.
    """

    base_url: str
    return_url: str | None = None
    off_session: bool = False
    error_on_requires_action: bool = False
    use_stripe_sdk: bool = False
    mandate_data: JsonObject | None = None


def check_confirmable(intent: JsonObject, method: JsonObject | None, how: Confirmation) -> JsonObject:
    """Checks all that Stripe checks before it tries to charge; returns the payment method.

    Raises:
        StripeError: 400, with what is in the way.
    """
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected_state(intent)
    if method is None:
        raise conflict(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
            extra={"payment_intent": intent},
        )
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise invalid(
            f"The payment method {method['id']} belongs to the customer {method['customer']}: "
            "pass this customer together with the payment method.",
            param="payment_method",
        )
    if method["type"] in CURRENCIES:
        check_debit(intent, method)
    elif method["type"] == bank_transfers.TYPE:
        check_bank_transfer(intent)
    elif intent["statement_descriptor"] is not None:
        raise invalid(
            "The `statement_descriptor` parameter is not supported for card payments. "
            "Use `statement_descriptor_suffix` instead.",
            param="statement_descriptor",
        )
    if _needs_return_url(intent, how):
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
            "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
            "Payment Intents."
        )
    return method


def confirm(scope: Scope, intent: JsonObject, method: JsonObject, how: Confirmation) -> None:
    """Tries to charge `method`; the intent ends up succeeded, to be captured, to be acted on, or without a method.

    Raises:
        StripeError: 402 `card_error`, the charge was declined.
    """
    intent["payment_method"] = method["id"]
    intent["last_payment_error"] = None
    intent["next_action"] = None
    debit = scope.account.debits.get(method["id"])
    if debit is not None:
        start_debit(scope, intent, method, debit, how.mandate_data)
        return
    if method["type"] == bank_transfers.TYPE:
        wait_for_transfer(scope, intent)
        return
    card = scope.account.cards[method["id"]]
    if _must_authenticate(intent, card):
        if how.off_session or how.error_on_requires_action:
            charge_or_decline(scope, intent, method, AUTHENTICATION_REQUIRED)
            return
        _require_action(scope, intent, how)
        return
    charge_or_decline(scope, intent, method, card.decline)


def authenticate(scope: Scope, intent: JsonObject, *, passed: bool) -> None:
    """The customer has answered the bank's question: goes on with the payment.

    Raises:
        StripeError: 400 if nothing was asked; 402 if the customer or then the bank refused.
    """
    method = scope.account.payment_methods.get(intent["payment_method"] or "")
    if intent["status"] != "requires_action" or method is None or awaits_transfer(intent):
        raise conflict(
            f"This PaymentIntent's status is {intent['status']}: no authentication is asked for.",
            code="payment_intent_unexpected_state",
            extra={"payment_intent": intent},
        )
    check_terms(scope, intent)
    intent["next_action"] = None
    if not passed:
        raise _declined(scope, intent, method, NOT_AUTHENTICATED, charge=None)
    charge_or_decline(scope, intent, method, scope.account.cards[method["id"]].decline)


def charge_or_decline(scope: Scope, intent: JsonObject, method: JsonObject, decline: Decline | None) -> None:
    """Makes the charge, with all its consequences.

    Raises:
        StripeError: 402 `card_error`, if there is a reason to decline.
    """
    manual = intent["capture_method"] == "manual"
    join_group(intent)
    charge = add_charge(scope, intent, method, captured=not manual, decline=decline)
    intent["latest_charge"] = charge["id"]
    if decline is not None:
        scope.emit("charge.failed", charge)
        raise _declined(scope, intent, method, decline, charge)
    if manual:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        scope.world.scheduler.at(scope.now + AUTHORISATION_VALID_S, lambda: expire(scope, intent))
        scope.emit("charge.succeeded", charge)
        scope.emit("payment_intent.amount_capturable_updated", intent)
    else:
        intent.update(status="succeeded", amount_received=intent["amount"])
        if intent["capture_method"] == "automatic":
            book_charge(scope, charge)
        else:
            book_charge_later(scope, charge)
        scope.emit("charge.succeeded", charge)
        scope.emit("payment_intent.succeeded", intent)
        arrange_aftermath(scope, charge)
    arrange_review(scope, charge)
    if intent["setup_future_usage"] is not None and intent["customer"] is not None:
        attach(scope, method, intent["customer"])


def _require_action(scope: Scope, intent: JsonObject, how: Confirmation) -> None:
    intent["status"] = "requires_action"
    if how.return_url is None or how.use_stripe_sdk:
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    else:
        url = f"{how.base_url}/_sandbox/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": how.return_url, "url": url},
            "type": "redirect_to_url",
        }
    scope.emit("payment_intent.requires_action", intent)


def _declined(
    scope: Scope, intent: JsonObject, method: JsonObject, decline: Decline, charge: JsonObject | None
) -> StripeError:
    """Takes the refused payment method off the intent and returns the error to raise."""
    details: JsonObject = {
        "charge": None if charge is None else charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": _DOC + decline.code.replace("_", "-"),
        "message": decline.message,
        "payment_method": dict(method),
        "type": "card_error" if charge is not None else "invalid_request_error",
    }
    details = {name: value for name, value in details.items() if value is not None}
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=details)
    scope.emit("payment_intent.payment_failed", intent)
    shown: JsonObject = {
        name: details[name] for name in ("charge", "decline_code", "payment_method") if name in details
    }
    return StripeError(
        402,
        "card_error",
        decline.message,
        code=decline.code,
        extra={**shown, "payment_intent": dict(intent)},
    )


def _must_authenticate(intent: JsonObject, card: Card) -> bool:
    asked = intent["payment_method_options"]["card"]["request_three_d_secure"] != "automatic"
    return asked or card.authentication is Authentication.ALWAYS


def _needs_return_url(intent: JsonObject, how: Confirmation) -> bool:
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["enabled"] and automatic["allow_redirects"] == "always"
    exempt = how.off_session or how.error_on_requires_action or how.use_stripe_sdk
    return redirects and how.return_url is None and not exempt and intent["allowed_payment_method_types"] is None


def _unexpected_state(intent: JsonObject) -> StripeError:
    status = intent["status"]
    reason = (
        "it has already succeeded after being previously confirmed."
        if status == "succeeded"
        else f"it has a status of {status}. Only a PaymentIntent with one of the following statuses may be confirmed: "
        f"{', '.join(CONFIRMABLE)}."
    )
    return conflict(
        f"You cannot confirm this PaymentIntent because {reason}",
        code="payment_intent_unexpected_state",
        extra={"payment_intent": intent},
    )
