"""What can go wrong, as callers see it: a canonical code, a stable reason and what to do about it.

Reasons mirror `payments_api.v1.ErrorReason` (a test keeps the two equal). Codes are the canonical gRPC codes by name,
so that rules can speak of them without knowing gRPC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self


class Code(Enum):
    """Canonical status codes that this service answers with (google.rpc.Code)."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Reason(Enum):
    """Stable names of what went wrong, each with the one code it goes with."""

    code: Code

    TOKEN_MISSING = ("TOKEN_MISSING", Code.UNAUTHENTICATED)
    TOKEN_INVALID = ("TOKEN_INVALID", Code.UNAUTHENTICATED)
    SCOPE_MISSING = ("SCOPE_MISSING", Code.PERMISSION_DENIED)
    REQUEST_INVALID = ("REQUEST_INVALID", Code.INVALID_ARGUMENT)
    PAGE_TOKEN_INVALID = ("PAGE_TOKEN_INVALID", Code.INVALID_ARGUMENT)
    CURRENCY_UNSUPPORTED = ("CURRENCY_UNSUPPORTED", Code.INVALID_ARGUMENT)
    RETURN_URL_NOT_ALLOWED = ("RETURN_URL_NOT_ALLOWED", Code.INVALID_ARGUMENT)
    IDEMPOTENCY_KEY_REUSED = ("IDEMPOTENCY_KEY_REUSED", Code.INVALID_ARGUMENT)
    REQUEST_IN_PROGRESS = ("REQUEST_IN_PROGRESS", Code.ABORTED)
    PAYMENT_NOT_FOUND = ("PAYMENT_NOT_FOUND", Code.NOT_FOUND)
    PURCHASE_NOT_FOUND = ("PURCHASE_NOT_FOUND", Code.NOT_FOUND)
    LEDGER_ACCOUNT_NOT_FOUND = ("LEDGER_ACCOUNT_NOT_FOUND", Code.NOT_FOUND)
    INVALID_STATE = ("INVALID_STATE", Code.FAILED_PRECONDITION)
    INSUFFICIENT_FUNDS = ("INSUFFICIENT_FUNDS", Code.FAILED_PRECONDITION)
    ACCOUNT_FROZEN = ("ACCOUNT_FROZEN", Code.FAILED_PRECONDITION)
    CURRENCY_MISMATCH = ("CURRENCY_MISMATCH", Code.FAILED_PRECONDITION)
    REFERENCE_REUSED = ("REFERENCE_REUSED", Code.ALREADY_EXISTS)
    VERSION_MISMATCH = ("VERSION_MISMATCH", Code.FAILED_PRECONDITION)
    HOLD_EXHAUSTED = ("HOLD_EXHAUSTED", Code.FAILED_PRECONDITION)
    STRIPE_DECLINED = ("STRIPE_DECLINED", Code.FAILED_PRECONDITION)
    STRIPE_REJECTED = ("STRIPE_REJECTED", Code.FAILED_PRECONDITION)
    STRIPE_UNAVAILABLE = ("STRIPE_UNAVAILABLE", Code.UNAVAILABLE)
    OUTCOME_UNKNOWN = ("OUTCOME_UNKNOWN", Code.UNAVAILABLE)
    DATABASE_UNAVAILABLE = ("DATABASE_UNAVAILABLE", Code.UNAVAILABLE)
    RATE_LIMITED = ("RATE_LIMITED", Code.RESOURCE_EXHAUSTED)
    OVERLOADED = ("OVERLOADED", Code.RESOURCE_EXHAUSTED)
    DEADLINE_EXCEEDED = ("DEADLINE_EXCEEDED", Code.DEADLINE_EXCEEDED)
    INTERNAL = ("INTERNAL", Code.INTERNAL)
    ACCOUNT_NOT_FOUND = ("ACCOUNT_NOT_FOUND", Code.NOT_FOUND)
    ACCOUNT_ALREADY_EXISTS = ("ACCOUNT_ALREADY_EXISTS", Code.ALREADY_EXISTS)
    BUSINESS_RESTRICTED = ("BUSINESS_RESTRICTED", Code.FAILED_PRECONDITION)
    REFUND_NOT_FOUND = ("REFUND_NOT_FOUND", Code.NOT_FOUND)
    REFUND_EXCEEDS_CAPTURED = ("REFUND_EXCEEDS_CAPTURED", Code.FAILED_PRECONDITION)
    CAPTURE_EXCEEDS_AUTHORIZED = ("CAPTURE_EXCEEDS_AUTHORIZED", Code.FAILED_PRECONDITION)
    OPERATION_IN_PROGRESS = ("OPERATION_IN_PROGRESS", Code.ABORTED)
    FEE_SCHEDULE_NOT_FOUND = ("FEE_SCHEDULE_NOT_FOUND", Code.NOT_FOUND)
    CURSOR_INVALID = ("CURSOR_INVALID", Code.INVALID_ARGUMENT)
    AMOUNT_ZERO = ("AMOUNT_ZERO", Code.INVALID_ARGUMENT)
    AMOUNT_NEGATIVE = ("AMOUNT_NEGATIVE", Code.INVALID_ARGUMENT)
    AMOUNT_TOO_LARGE = ("AMOUNT_TOO_LARGE", Code.INVALID_ARGUMENT)
    TOTAL_TOO_LARGE = ("TOTAL_TOO_LARGE", Code.OUT_OF_RANGE)
    ACCOUNT_CLOSED = ("ACCOUNT_CLOSED", Code.FAILED_PRECONDITION)
    LEDGER_TRANSACTION_NOT_FOUND = ("LEDGER_TRANSACTION_NOT_FOUND", Code.NOT_FOUND)
    LEDGER_ACCOUNT_RESERVED = ("LEDGER_ACCOUNT_RESERVED", Code.PERMISSION_DENIED)
    LEDGER_ACCOUNT_ALREADY_EXISTS = ("LEDGER_ACCOUNT_ALREADY_EXISTS", Code.ALREADY_EXISTS)
    REFERENCE_RESERVED = ("REFERENCE_RESERVED", Code.PERMISSION_DENIED)
    ETAG_MISMATCH = ("ETAG_MISMATCH", Code.ABORTED)
    STRIPE_EVENT_NOT_FOUND = ("STRIPE_EVENT_NOT_FOUND", Code.NOT_FOUND)
    VERIFICATION_NOT_FOUND = ("VERIFICATION_NOT_FOUND", Code.NOT_FOUND)
    NOT_SEALED_YET = ("NOT_SEALED_YET", Code.FAILED_PRECONDITION)
    REVERSAL_EXCEEDS_ORIGINAL = ("REVERSAL_EXCEEDS_ORIGINAL", Code.FAILED_PRECONDITION)
    DISPUTE_NOT_FOUND = ("DISPUTE_NOT_FOUND", Code.NOT_FOUND)
    PAYOUT_NOT_FOUND = ("PAYOUT_NOT_FOUND", Code.NOT_FOUND)

    def __new__(cls, name: str, code: Code) -> Self:
        """A member whose value is its name and that carries its code."""
        member = object.__new__(cls)
        member._value_ = name
        member.code = code
        return member


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One wrong field of a request: its path, and what to do."""

    field: str
    description: str


class PaymentsError(Exception):
    """An answer that is not the one hoped for. Safe to show: no secrets, no SQL, no personal data.

    Attributes:
        reason: the stable name; gives the code.
        message: one sentence: what was wrong, with what value, and what to do.
        metadata: facts for machines, for example `payment_id` or `decline_code`.
        violations: wrong fields, for `REQUEST_INVALID`.
        retry_after_ms: when a retry makes sense; unset when it does not.
        replayed: whether it is the stored outcome of an earlier call with the same idempotency key.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after_ms = retry_after_ms
        self.replayed = False

    @property
    def code(self) -> Code:
        """The canonical code of the reason."""
        return self.reason.code

    def again(self) -> "PaymentsError":
        """The same answer for another caller."""
        return PaymentsError(
            self.reason,
            self.message,
            metadata=self.metadata,
            violations=self.violations,
            retry_after_ms=self.retry_after_ms,
        )


def invalid(field: str, description: str, reason: Reason = Reason.REQUEST_INVALID) -> PaymentsError:
    """The error for one wrong field."""
    return PaymentsError(reason, f"{field}: {description}", violations=(FieldViolation(field, description),))
