"""Confirming a setup intent: the card is checked, the customer asked, the payment method kept."""

from dataclasses import dataclass

from stripe_sandbox.cards import NOT_AUTHENTICATED, Authentication, Decline
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.mandates import add_mandate
from stripe_sandbox.resources.payment_methods import attach
from stripe_sandbox.resources.setup_intents.attempts import add_attempt
from stripe_sandbox.state.scope import Scope

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELLABLE = (*CONFIRMABLE, "processing")
_FAILED_AUTHENTICATION = "setup_intent_authentication_failure"
_DOC = "https://stripe.com/docs/error-codes/"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How a setup intent is to be confirmed.

    Attributes:
        base_url: Where the sandbox can be reached by the customer's browser.
        return_url: Where that browser goes after authenticating.
        use_stripe_sdk: The client handles the authentication itself.
        mandate_data: The customer's consent to debits.
    """

    base_url: str
    return_url: str | None = None
    use_stripe_sdk: bool = False
    mandate_data: JsonObject | None = None


def check_confirmable(intent: JsonObject, method: JsonObject | None, how: Confirmation) -> JsonObject:
    """Checks all that Stripe checks before it asks the bank; returns the payment method.

    Raises:
        StripeError: 400, with what is in the way.
    """
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, "confirmed", CONFIRMABLE)
    if method is None:
        raise conflict(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with "
            "a payment method and then confirm it again.",
            code="setup_intent_unexpected_state",
            extra={"setup_intent": intent},
        )
    if method["customer"] not in (None, intent["customer"]):
        raise invalid(
            f"The payment method {method['id']} belongs to the customer {method['customer']}: pass this customer "
            "together with the payment method.",
            param="payment_method",
        )
    if _needs_return_url(intent, how):
        raise invalid(
            "This SetupIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
            "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
            "Payment Intents.",
            param="return_url",
        )
    return method


def confirm(scope: Scope, intent: JsonObject, method: JsonObject, how: Confirmation) -> None:
    """Tries to save `method`; the intent ends up succeeded, to be acted on, or without a method.

    Raises:
        StripeError: 402 `card_error`, the card was declined.
    """
    intent.update(payment_method=method["id"], last_setup_error=None, next_action=None)
    scope.account.setup_intents.reindex(intent)
    if how.mandate_data is not None:
        intent["mandate"] = add_mandate(scope, method, how.mandate_data)["id"]
    card = scope.account.cards.get(method["id"])
    asked = intent["payment_method_options"]["card"]["request_three_d_secure"] != "automatic"
    if card is not None and (asked or card.authentication is Authentication.ALWAYS):
        _require_action(scope, intent, method, how)
        return
    _finish(scope, intent, method)


def authenticate(scope: Scope, intent: JsonObject, *, passed: bool) -> None:
    """The customer has answered the bank's question: goes on with saving the payment method.

    Raises:
        StripeError: 400 if nothing was asked; 402 if the customer or then the bank refused.
    """
    method = scope.account.payment_methods.get(intent["payment_method"] or "")
    if intent["status"] != "requires_action" or method is None:
        raise unexpected_state(intent, "authenticated", ("requires_action",))
    intent["next_action"] = None
    if not passed:
        refusal = Decline(
            _FAILED_AUTHENTICATION, None, NOT_AUTHENTICATED.message.replace("Payment Intent", "Setup Intent")
        )
        raise _failed(scope, intent, method, refusal)
    _finish(scope, intent, method)


def cancel(scope: Scope, intent: JsonObject, reason: str | None) -> None:
    """Gives a setup intent up.

    Raises:
        StripeError: 400, it has succeeded or is canceled already.
    """
    if intent["status"] not in CANCELLABLE:
        raise unexpected_state(intent, "canceled", CANCELLABLE)
    intent.update(status="canceled", cancellation_reason=reason, next_action=None)
    scope.emit("setup_intent.canceled", intent)


def unexpected_state(intent: JsonObject, action: str, allowed: tuple[str, ...]) -> StripeError:
    """Stripe's refusal of an action that the intent's status does not allow."""
    return conflict(
        f"This SetupIntent could not be {action} because it has a status of {intent['status']}. Only a SetupIntent "
        f"with one of the following statuses may be {action}: {', '.join(allowed)}.",
        code="setup_intent_unexpected_state",
        extra={"setup_intent": intent},
    )


def _finish(scope: Scope, intent: JsonObject, method: JsonObject) -> None:
    card = scope.account.cards.get(method["id"])
    if card is not None and card.decline is not None and not card.can_be_saved:
        raise _failed(scope, intent, method, card.decline)
    add_attempt(scope, intent, method, "succeeded", None)
    intent["status"] = "succeeded"
    if intent["customer"] is not None:
        attach(scope, method, intent["customer"])
    scope.emit("setup_intent.succeeded", intent)


def _require_action(scope: Scope, intent: JsonObject, method: JsonObject, how: Confirmation) -> None:
    intent["status"] = "requires_action"
    if how.return_url is None or how.use_stripe_sdk:
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    else:
        url = f"{how.base_url}/_sandbox/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": how.return_url, "url": url},
            "type": "redirect_to_url",
        }
    add_attempt(scope, intent, method, "requires_action", None)
    scope.emit("setup_intent.requires_action", intent)


def _failed(scope: Scope, intent: JsonObject, method: JsonObject, decline: Decline) -> StripeError:
    """Takes the refused payment method off the intent and returns the error to raise."""
    details: JsonObject = {
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": _DOC + decline.code.replace("_", "-"),
        "message": decline.message,
        "payment_method": dict(method),
        "type": "invalid_request_error" if decline.code == _FAILED_AUTHENTICATION else "card_error",
    }
    details = {name: value for name, value in details.items() if value is not None}
    add_attempt(scope, intent, method, "failed", details)
    intent.update(status="requires_payment_method", payment_method=None, last_setup_error=details)
    scope.account.setup_intents.reindex(intent)
    scope.emit("setup_intent.setup_failed", intent)
    shown: JsonObject = {name: details[name] for name in ("decline_code", "payment_method") if name in details}
    extra = {**shown, "setup_intent": dict(intent)}
    return StripeError(402, "card_error", decline.message, code=decline.code, extra=extra)


def _needs_return_url(intent: JsonObject, how: Confirmation) -> bool:
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["enabled"] and automatic["allow_redirects"] == "always"
    return redirects and how.return_url is None and not how.use_stripe_sdk
