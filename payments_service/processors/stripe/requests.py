"""The requests that we make of Stripe: paths and parameters, and nothing else.

Traps of the pinned API version: `payment_method_types` is refused; methods that redirect need a return URL, so without
one they are switched off (docs.stripe.com/api/payment_intents/create).
"""

from typing import Any

from payments_service.application.operations.model import StripeCall
from payments_service.application.payments.refresh import METADATA_PAYMENT
from payments_service.application.ports import CreateIntent
from payments_service.domain.ids import Prefix, format_id

METADATA_OPERATION = "payments_operation_id"
METADATA_REFERENCE = "payments_reference"

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
    if command.payment_method:
        params["payment_method"] = command.payment_method
    if command.confirm:
        params["confirm"] = True
        if command.return_url:
            params["return_url"] = command.return_url
    return StripeCall("post", "/v1/payment_intents", params)


def confirm_intent(intent_id: str, payment_method: str, return_url: str) -> StripeCall:
    """POST /v1/payment_intents/:id/confirm."""
    params: dict[str, Any] = {"expand": EXPAND_INTENT}
    if payment_method:
        params["payment_method"] = payment_method
    if return_url:
        params["return_url"] = return_url
    return StripeCall("post", f"/v1/payment_intents/{intent_id}/confirm", params)
