"""Stripe's JSON, from an answer, a fetch or an event alike, as our types."""

from collections.abc import Mapping
from typing import Any, TypeVar

from payments_service.application.stripe import METADATA_PAYMENT, METADATA_REFUND
from payments_service.domain.account.model import AccountSnapshot, BusinessType, Requirements
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeSnapshot, IntentSnapshot, PaymentFailure, PaymentState
from payments_service.domain.refund.model import RefundReason, RefundSnapshot, RefundState
from payments_service.domain.settlement.model import PAYMENTS_BALANCE, BalanceTransaction, FeeDetail
from payments_service.processors.stripe.values import object_id as _id
from payments_service.processors.stripe.values import time as _time

Json = Mapping[str, Any]
T = TypeVar("T", RefundReason, BusinessType)

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

REFUND_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.REQUIRES_ACTION,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.CANCELED,
}
"""docs.stripe.com/api/refunds/object"""

PARENTS = {
    "transfer": ("source_transaction",),
    "transfer_reversal": ("transfer",),
    "application_fee": ("originating_transaction", "charge"),
    "fee_refund": ("fee",),
    "charge": ("source_transfer",),
    "refund": ("charge",),
    "dispute": ("charge",),
}
"""Which object a source came out of: the first of these fields that is there, by kind of object."""

_CONNECTED = {
    "transfer": "destination",
    "charge": "destination",
    "connect_collection_transfer": "destination",
    "application_fee": "account",
}
"""Which field of an object names the connected account that it concerns, by kind of object."""

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
        amount_capturable=int(body.get("amount_capturable") or 0),
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
        refund_hint=str(metadata.get(METADATA_REFUND) or ""),
        parent_id=_parent(expanded),
        destination=_id(expanded.get(_CONNECTED.get(str(expanded.get("object")), ""))),
        reverses_transfer=bool(expanded.get("transfer_reversal")),
        exchange_rate="" if body.get("exchange_rate") is None else str(body["exchange_rate"]),
        balance_type=str(body.get("balance_type") or PAYMENTS_BALANCE),
    )


def refund(body: Json) -> RefundSnapshot:
    """A refund."""
    status = str(body.get("status") or "")
    metadata = dict(body.get("metadata") or {})
    return RefundSnapshot(
        id=str(body["id"]),
        intent_id=_id(body.get("payment_intent")),
        state=REFUND_STATES.get(status, RefundState.OTHER),
        status=status,
        amount=Money(int(body["amount"]), str(body["currency"])),
        created=_time(body["created"]),
        reason=_member(RefundReason, body.get("reason")),
        failure_reason=str(body.get("failure_reason") or ""),
        balance_transaction_id=_id(body.get("balance_transaction")),
        transfer_reversal_id=_id(body.get("transfer_reversal")),
        hint=str(metadata.get(METADATA_REFUND) or ""),
        metadata=metadata,
    )


def account(body: Json) -> AccountSnapshot:
    """A connected account."""
    wanted = body.get("requirements") or {}
    deadline = wanted.get("current_deadline")
    return AccountSnapshot(
        id=str(body["id"]),
        country=str(body.get("country") or ""),
        default_currency=str(body.get("default_currency") or ""),
        email=str(body.get("email") or ""),
        business_type=_member(BusinessType, body.get("business_type")),
        charges_enabled=bool(body.get("charges_enabled")),
        payouts_enabled=bool(body.get("payouts_enabled")),
        transfers_enabled=(body.get("capabilities") or {}).get("transfers") == "active",
        details_submitted=bool(body.get("details_submitted")),
        requirements=Requirements(
            currently_due=tuple(map(str, wanted.get("currently_due") or ())),
            past_due=tuple(map(str, wanted.get("past_due") or ())),
            disabled_reason=str(wanted.get("disabled_reason") or ""),
            current_deadline=None if deadline is None else _time(deadline),
        ),
        metadata=dict(body.get("metadata") or {}),
    )


def _charge(value: object) -> ChargeSnapshot | None:
    if isinstance(value, str) and value:
        return ChargeSnapshot(value)
    if not isinstance(value, Mapping):
        return None
    fee = value.get("application_fee_amount")
    return ChargeSnapshot(
        id=str(value["id"]),
        application_fee=None if fee is None else int(fee),
        balance_transaction_id=_id(value.get("balance_transaction")),
        transfer_id=_id(value.get("transfer")),
        application_fee_id=_id(value.get("application_fee")),
        failed=value.get("status") == "failed",
    )


def _failure(value: object) -> PaymentFailure | None:
    if not isinstance(value, Mapping):
        return None
    return PaymentFailure(
        code=str(value.get("code") or value.get("type") or "unknown"),
        decline_code=str(value.get("decline_code") or ""),
        message=str(value.get("message") or "")[:MESSAGE_MAX],
    )


def _parent(source: Json) -> str:
    fields = PARENTS.get(str(source.get("object") or ""), ())
    return next((found for field in fields if (found := _id(source.get(field)))), "")


def _member(kind: type[T], value: object) -> T:
    """The member with this name in lower case; UNSPECIFIED for a word of Stripe's that is unknown here."""
    try:
        return kind(str(value or "unspecified").upper())
    except ValueError:
        return kind("UNSPECIFIED")
