"""Stripe's test cards: numbers and tokens, and what happens when they are charged.

Source: https://docs.stripe.com/testing. `pm_card_<name>` and `tok_<name>` stand for the same card.
"""

from dataclasses import dataclass
from enum import Enum

_SAVED_BUT_DECLINED = "chargeCustomerFail"
_METHOD_PREFIX, _SOURCE_PREFIX = "pm_card_", "tok_"


class Authentication(Enum):
    """Whether the bank asks the customer to authenticate (3-D Secure)."""

    NEVER = "never"
    ALWAYS = "always"


class Refunding(Enum):
    """What becomes of a refund to the card."""

    AT_ONCE = "at_once"
    LATER = "later"
    FAILS_LATER = "fails_later"


class Aftermath(Enum):
    """What the cardholder's bank, or Stripe's fraud rules, do after the charge has succeeded."""

    NOTHING = "nothing"
    FRAUDULENT = "fraudulent"
    NOT_RECEIVED = "product_not_received"
    INQUIRY = "inquiry"
    WARNING = "early_fraud_warning"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a charge is declined.

    Attributes:
        code: Error code of the API.
        decline_code: The issuer's reason, as Stripe names it.
        message: What Stripe tells the customer.
        blocked: Declined by Stripe's fraud rules, not by the issuer.
    """

    code: str
    decline_code: str | None
    message: str
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A test card.

    Attributes:
        name: The part of the token after `pm_card_`.
        number: Card number; only its last four digits are ever shown.
        decline: Why charging it fails; None if it succeeds.
        authentication: Whether the customer must authenticate first.
        skips_pending: Its funds are available at once.
        refunding: What becomes of refunds.
        aftermath: What follows the charge.
    """

    name: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    authentication: Authentication = Authentication.NEVER
    skips_pending: bool = False
    refunding: Refunding = Refunding.AT_ONCE
    aftermath: Aftermath = Aftermath.NOTHING

    @property
    def can_be_saved(self) -> bool:
        """Whether the bank agrees to its being kept, even if it declines to pay (https://docs.stripe.com/testing)."""
        return self.decline is None or self.decline.blocked or self.name == _SAVED_BUT_DECLINED

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


def _declined(decline_code: str, message: str = "Your card was declined.", *, blocked: bool = False) -> Decline:
    return Decline("card_declined", decline_code, message, blocked)


_INSUFFICIENT = _declined("insufficient_funds", "Your card has insufficient funds.")
_EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
_PROCESSING = Decline(
    "processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."
)
NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    None,
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
    "PaymentMethod to attempt to fulfill this PaymentIntent again.",
)
AUTHENTICATION_REQUIRED = _declined(
    "authentication_required", "Your card was declined. This transaction requires authentication."
)

CARDS = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", brand="mastercard"),
    Card("mastercard_debit", "5200828282828210", brand="mastercard", funding="debit"),
    Card("mastercard_prepaid", "5105105105105100", brand="mastercard", funding="prepaid"),
    Card("amex", "378282246310005", brand="amex"),
    Card("discover", "6011111111111117", brand="discover"),
    Card("us", "4242424242424242"),
    Card("bypassPending", "4000000000000077", skips_pending=True),
    Card("pendingRefund", "4000000000007726", refunding=Refunding.LATER),
    Card("refundFail", "4000000000005126", refunding=Refunding.FAILS_LATER),
    Card("createDispute", "4000000000000259", aftermath=Aftermath.FRAUDULENT),
    Card("createDisputeProductNotReceived", "4000000000002685", aftermath=Aftermath.NOT_RECEIVED),
    Card("createDisputeInquiry", "4000000000001976", aftermath=Aftermath.INQUIRY),
    Card("createIssuerFraudRecord", "4000000000005423", aftermath=Aftermath.WARNING),
    Card("riskLevelElevated", "4000000000009235", aftermath=Aftermath.REVIEW),
    Card("riskLevelHighest", "4000000000004954", decline=_declined("fraudulent", blocked=True)),
    Card("chargeDeclined", "4000000000000002", decline=_declined("generic_decline")),
    Card("visa_chargeDeclined", "4000000000000002", decline=_declined("generic_decline")),
    Card("chargeDeclinedInsufficientFunds", "4000000000009995", decline=_INSUFFICIENT),
    Card("visa_chargeDeclinedInsufficientFunds", "4000000000009995", decline=_INSUFFICIENT),
    Card("visa_chargeDeclinedLostCard", "4000000000009987", decline=_declined("lost_card")),
    Card("visa_chargeDeclinedStolenCard", "4000000000009979", decline=_declined("stolen_card")),
    Card("chargeDeclinedExpiredCard", "4000000000000069", decline=_EXPIRED),
    Card("chargeDeclinedIncorrectCvc", "4000000000000127", decline=_CVC),
    Card("chargeDeclinedProcessingError", "4000000000000119", decline=_PROCESSING),
    Card("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", decline=_declined("card_velocity_exceeded")),
    Card("radarBlock", "4100000000000019", decline=_declined("fraudulent", blocked=True)),
    Card("chargeDeclinedFraudulent", "4100000000000019", decline=_declined("fraudulent", blocked=True)),
    Card("chargeCustomerFail", "4000000000000341", decline=_declined("generic_decline")),
    Card("authenticationRequired", "4000002760003184", authentication=Authentication.ALWAYS),
    Card("threeDSecure2Required", "4000000000003220", authentication=Authentication.ALWAYS),
    Card("threeDSecureRequired", "4000000000003063", authentication=Authentication.ALWAYS),
    Card(
        "threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        decline=_declined("generic_decline"),
        authentication=Authentication.ALWAYS,
    ),
)

_BY_NAME = {card.name: card for card in CARDS}
_BY_NUMBER = {card.number: card for card in reversed(CARDS)}


def card_of_payment_method(token: str) -> Card | None:
    """The card behind a test payment method such as `pm_card_visa`, or None."""
    return _BY_NAME.get(token.removeprefix(_METHOD_PREFIX)) if token.startswith(_METHOD_PREFIX) else None


def card_of_token(token: str) -> Card | None:
    """The card behind a test token such as `tok_visa`, or None."""
    return _BY_NAME.get(token.removeprefix(_SOURCE_PREFIX)) if token.startswith(_SOURCE_PREFIX) else None


def card_of_number(number: str) -> Card | None:
    """The test card with this number (spaces allowed), or None: the sandbox charges no other card."""
    return _BY_NUMBER.get(number.replace(" ", ""))
