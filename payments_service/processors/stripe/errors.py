"""Stripe's refusals as our errors."""

import stripe

from payments_service.application.operations.model import Refused
from payments_service.domain.errors import PaymentsError, Reason

MESSAGE_MAX = 300
ACCOUNT_INVALID = "account_invalid"
"""Stripe's code for a key that has no access to an account."""


def refusal(error: stripe.StripeError) -> Refused:
    """A final 4xx answer: what to tell the caller, and Stripe's error object for what it carries."""
    detail = _detail(error)
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        if detail.get("code") == ACCOUNT_INVALID:
            return Refused(
                PaymentsError(
                    Reason.STRIPE_REJECTED,
                    "Stripe does not let this platform act for that account (any more): connect it again",
                    metadata={"stripe_code": ACCOUNT_INVALID},
                ),
                detail,
            )
        # Stripe's own sentence would show part of the key.
        return Refused(
            PaymentsError(
                Reason.STRIPE_REJECTED,
                "Stripe does not accept this service's API key: its operator has to look at PAYMENTS_STRIPE_API_KEY",
                metadata={"stripe_code": "api_key"},
            ),
            unread=True,
        )
    message = str(detail.get("message") or "Stripe gave no reason")[:MESSAGE_MAX]
    metadata = {"stripe_code": str(detail.get("code") or detail.get("type") or "unknown")}
    if param := detail.get("param"):
        metadata["stripe_param"] = str(param)
    if isinstance(error, stripe.CardError):
        declined = str(detail.get("decline_code") or detail.get("code") or "unknown")
        metadata["decline_code"] = declined
        what = f"the payment method was declined ({declined}): confirm with another one; Stripe says: {message}"
        return Refused(PaymentsError(Reason.STRIPE_DECLINED, what, metadata=metadata), detail)
    return Refused(PaymentsError(Reason.STRIPE_REJECTED, f"Stripe refused: {message}", metadata=metadata), detail)


def _detail(error: stripe.StripeError) -> dict[str, object]:
    body = error.json_body
    detail = body.get("error") if isinstance(body, dict) else None
    return dict(detail) if isinstance(detail, dict) else {}
