"""The requests that we make of Stripe: paths and parameters, and nothing else.

Traps of the pinned API version: `payment_method_types` is refused; methods that redirect need a return URL, so without
one they are switched off (docs.stripe.com/api/payment_intents/create).
"""

from typing import Any

from payments_service.application.operations.model import StripeCall
from payments_service.application.stripe import (
    METADATA_ACCOUNT,
    METADATA_OPERATION,
    METADATA_PAYMENT,
    METADATA_REFERENCE,
    METADATA_REFUND,
    CreateIntent,
    CreateStripeAccount,
)
from payments_service.domain.account.model import BusinessType
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import CaptureMethod, ChargeModel
from payments_service.domain.refund.model import Refund, RefundReason

EXPAND_INTENT = ["latest_charge"]


def create_intent(command: CreateIntent) -> StripeCall:
    """POST /v1/payment_intents."""
    payment = command.payment
    redirects = {} if command.return_url else {"allow_redirects": "never"}
    metadata = {
        **payment.metadata,
        METADATA_PAYMENT: format_id(Prefix.PAYMENT, payment.id),
        METADATA_OPERATION: command.operation_id,
    }
    if payment.reference:
        metadata[METADATA_REFERENCE] = payment.reference
    params: dict[str, Any] = {
        "amount": payment.amount.amount_minor,
        "currency": payment.amount.currency,
        "automatic_payment_methods": {"enabled": True, **redirects},
        "metadata": metadata,
        "expand": EXPAND_INTENT,
    }
    if payment.description:
        params["description"] = payment.description
    if payment.capture_method is CaptureMethod.MANUAL:
        params["capture_method"] = "manual"
    if command.destination:
        params["transfer_data"] = {"destination": command.destination}
    # Stripe takes no fee of zero: then the whole charge goes to the connected account.
    if payment.connected_account_id is not None and payment.platform_fee.amount_minor:
        params["application_fee_amount"] = payment.platform_fee.amount_minor
    if payment.charge_model is ChargeModel.SEPARATE:
        # What Stripe shows together: the charge and the transfers that are made of it later.
        params["transfer_group"] = metadata[METADATA_PAYMENT]
    if command.payment_method:
        params["payment_method"] = command.payment_method
    if command.confirm:
        params["confirm"] = True
        if command.return_url:
            params["return_url"] = command.return_url
    return StripeCall("post", "/v1/payment_intents", params, payment.stripe_account)


def confirm_intent(intent_id: str, payment_method: str, return_url: str, stripe_account: str = "") -> StripeCall:
    """POST /v1/payment_intents/:id/confirm."""
    params: dict[str, Any] = {"expand": EXPAND_INTENT}
    if payment_method:
        params["payment_method"] = payment_method
    if return_url:
        params["return_url"] = return_url
    return StripeCall("post", f"/v1/payment_intents/{intent_id}/confirm", params, stripe_account)


def capture_intent(intent_id: str, amount: Money, platform_fee: Money | None, stripe_account: str = "") -> StripeCall:
    """POST /v1/payment_intents/:id/capture."""
    params: dict[str, Any] = {"amount_to_capture": amount.amount_minor, "expand": EXPAND_INTENT}
    if platform_fee is not None:
        params["application_fee_amount"] = platform_fee.amount_minor
    return StripeCall("post", f"/v1/payment_intents/{intent_id}/capture", params, stripe_account)


def cancel_intent(intent_id: str, reason: str, stripe_account: str = "") -> StripeCall:
    """POST /v1/payment_intents/:id/cancel."""
    params: dict[str, Any] = {"expand": EXPAND_INTENT}
    if reason:
        params["cancellation_reason"] = reason
    return StripeCall("post", f"/v1/payment_intents/{intent_id}/cancel", params, stripe_account)


def create_refund(refund: Refund, intent_id: str, operation_id: str, stripe_account: str = "") -> StripeCall:
    """POST /v1/refunds."""
    params: dict[str, Any] = {
        "payment_intent": intent_id,
        "amount": refund.amount.amount_minor,
        "metadata": {
            **refund.metadata,
            METADATA_REFUND: format_id(Prefix.REFUND, refund.id),
            METADATA_PAYMENT: format_id(Prefix.PAYMENT, refund.payment_id),
            METADATA_OPERATION: operation_id,
        },
    }
    if refund.reason is not RefundReason.UNSPECIFIED:
        params["reason"] = refund.reason.value.lower()
    if refund.reverse_transfer:
        params["reverse_transfer"] = True
    if refund.refund_platform_fee:
        params["refund_application_fee"] = True
    return StripeCall("post", "/v1/refunds", params, stripe_account)


def create_account(command: CreateStripeAccount) -> StripeCall:
    """POST /v1/accounts, for an account that Stripe onboards and whose losses and fees are the platform's.

    Source: docs.stripe.com/connect/migrate-to-controller-properties (what used to be called an Express account).
    """
    account = command.account
    params: dict[str, Any] = {
        "country": account.country,
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "metadata": {
            **account.metadata,
            METADATA_ACCOUNT: format_id(Prefix.CONNECTED_ACCOUNT, account.id),
            METADATA_OPERATION: command.operation_id,
        },
    }
    if account.email:
        params["email"] = account.email
    if account.business_type is not BusinessType.UNSPECIFIED:
        params["business_type"] = account.business_type.value.lower()
    profile = {"product_description": command.product_description, "mcc": command.mcc}
    if given := {key: value for key, value in profile.items() if value}:
        params["business_profile"] = given
    return StripeCall("post", "/v1/accounts", params)
