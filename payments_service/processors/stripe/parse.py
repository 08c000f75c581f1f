"""Stripe's JSON, from an answer, a fetch or an event alike, as our types."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from payments_service.application.payments.refresh import METADATA_PAYMENT
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeSnapshot, IntentSnapshot, PaymentFailure, PaymentState
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail

Json = Mapping[str, Any]

STATES = {
    "requires_payment_method": PaymentState.REQUIRES_PAYMENT_METHOD,
    "requires_confirmation": PaymentState.REQUIRES_CONFIRMATION,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.REQUIRES_CAPTURE,
    "succeeded": PaymentState.SUCCEEDED,
    "canceled": PaymentState.CANCELED,
}
"""docs.stripe.com/payments/paymentintents/lifecycle"""

MESSAGE_MAX = 300


def intent(body: Json) -> IntentSnapshot:
    """A payment intent; its charge may be an id or, expanded, an object."""
    status = str(body["status"])
    return IntentSnapshot(
        id=str(body["id"]),
        state=STATES.get(status, PaymentState.OTHER),
        status=status,
        amount=Money(int(body["amount"]), str(body["currency"])),
        amount_received=int(body.get("amount_received") or 0),
        livemode=bool(body["livemode"]),
        created=_time(body["created"]),
        metadata=dict(body.get("metadata") or {}),
        charge=_charge(body.get("latest_charge")),
        failure=_failure(body.get("last_payment_error")),
        client_secret=str(body.get("client_secret") or ""),
    )


def balance_transaction(body: Json, stripe_account: str) -> BalanceTransaction:
    """A balance transaction; its source may be an id or, expanded, an object."""
    source = body.get("source")
    expanded: Json = source if isinstance(source, Mapping) else {}
    metadata = expanded.get("metadata") or {}
    return BalanceTransaction(
        id=str(body["id"]),
        stripe_account=stripe_account,
        type=str(body["type"]),
        reporting_category=str(body.get("reporting_category") or ""),
        amount=int(body["amount"]),
        fee=int(body["fee"]),
        net=int(body["net"]),
        currency=str(body["currency"]),
        created=_time(body["created"]),
        available_on=_time(body["available_on"]),
        description=str(body.get("description") or ""),
        fee_details=tuple(
            FeeDetail(str(fee["type"]), int(fee["amount"]), str(fee.get("description") or ""))
            for fee in body.get("fee_details") or ()
        ),
        source_id=_id(source),
        intent_id=_id(expanded.get("payment_intent")),
        payment_hint=str(metadata.get(METADATA_PAYMENT) or ""),
        exchange_rate="" if body.get("exchange_rate") is None else str(body["exchange_rate"]),
    )


def _charge(value: object) -> ChargeSnapshot | None:
    if isinstance(value, str) and value:
        return ChargeSnapshot(value, 0)
    if not isinstance(value, Mapping):
        return None
    return ChargeSnapshot(
        id=str(value["id"]),
        amount_refunded=int(value.get("amount_refunded") or 0),
        balance_transaction_id=_id(value.get("balance_transaction")),
    )


def _failure(value: object) -> PaymentFailure | None:
    if not isinstance(value, Mapping):
        return None
    return PaymentFailure(
        code=str(value.get("code") or value.get("type") or "unknown"),
        decline_code=str(value.get("decline_code") or ""),
        message=str(value.get("message") or "")[:MESSAGE_MAX],
    )


def _id(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return value if isinstance(value, str) else ""


def _time(seconds: object) -> datetime:
    return datetime.fromtimestamp(int(str(seconds)), UTC)
