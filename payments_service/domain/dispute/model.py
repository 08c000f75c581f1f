"""A dispute, and what Stripe says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.ledger.standing import Standing
from payments_service.domain.money import Money


class DisputeState(Enum):
    """Where a dispute stands; the words are those of the API (docs.stripe.com/api/disputes/object)."""

    WARNING_NEEDS_RESPONSE = "WARNING_NEEDS_RESPONSE"
    WARNING_UNDER_REVIEW = "WARNING_UNDER_REVIEW"
    WARNING_CLOSED = "WARNING_CLOSED"
    NEEDS_RESPONSE = "NEEDS_RESPONSE"
    UNDER_REVIEW = "UNDER_REVIEW"
    WON = "WON"
    LOST = "LOST"
    PREVENTED = "PREVENTED"
    OTHER = "OTHER"


INQUIRIES = frozenset(
    {DisputeState.WARNING_NEEDS_RESPONSE, DisputeState.WARNING_UNDER_REVIEW, DisputeState.WARNING_CLOSED},
)
"""A bank asks, and nothing is taken."""

OPEN = frozenset({DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW, DisputeState.OTHER})
"""States in which Stripe may be holding the money and nobody knows how it ends; so does a state unknown here."""

AGAINST_US = OPEN | {DisputeState.LOST}
"""States in which the customer has the money back, for now or for good."""


class DisputeReason(Enum):
    """Why the customer disputes the charge, in Stripe's words; OTHER keeps its raw word beside it."""

    BANK_CANNOT_PROCESS = "BANK_CANNOT_PROCESS"
    CHECK_RETURNED = "CHECK_RETURNED"
    CREDIT_NOT_PROCESSED = "CREDIT_NOT_PROCESSED"
    CUSTOMER_INITIATED = "CUSTOMER_INITIATED"
    DEBIT_NOT_AUTHORIZED = "DEBIT_NOT_AUTHORIZED"
    DUPLICATE = "DUPLICATE"
    FRAUDULENT = "FRAUDULENT"
    GENERAL = "GENERAL"
    INCORRECT_ACCOUNT_DETAILS = "INCORRECT_ACCOUNT_DETAILS"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    NONCOMPLIANT = "NONCOMPLIANT"
    PRODUCT_NOT_RECEIVED = "PRODUCT_NOT_RECEIVED"
    PRODUCT_UNACCEPTABLE = "PRODUCT_UNACCEPTABLE"
    SUBSCRIPTION_CANCELED = "SUBSCRIPTION_CANCELED"
    UNRECOGNIZED = "UNRECOGNIZED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """What Stripe said of a dispute in one answer.

    Attributes:
        state: our word for Stripe's status; OTHER when the status is unknown here.
        status: Stripe's word.
        amount: what is disputed, in the currency that the customer paid.
        withheld_minor: what Stripe has taken and not given back, by the currency of the balance; zeros are left out.
        evidence_due_time: until when evidence can be submitted; None when it cannot.
        submission_count: how often evidence was submitted.
    """

    id: str
    charge_id: str
    intent_id: str
    state: DisputeState
    status: str
    reason: DisputeReason
    stripe_reason: str
    amount: Money
    created: datetime
    livemode: bool
    withheld_minor: Mapping[str, int] = field(default_factory=dict)
    network_reason_code: str = ""
    evidence_due_time: datetime | None = None
    submission_count: int = 0


@dataclass(frozen=True, slots=True)
class Dispute:
    """A customer's bank takes a payment back: see the message of the same name in the API.

    Attributes:
        stripe_account: whose balance it concerns; empty for the platform's.
        payment_id: our payment; None when it is none of ours.
        connected_account_id: who was paid; None for the platform's own sales.
        withheld_minor: what Stripe holds, by the currency of the balance.
        losses: the transactions that stand because it is lost, one a currency.
        holds: the holds that stand while it is open, one a currency.
        posted: how many ledger transactions it has made so far, so that each gets a reference of its own.
        observed_time: database time at which the last applied answer of Stripe had ended.
    """

    id: UUID
    stripe_dispute_id: str
    stripe_account: str
    payment_id: UUID | None
    connected_account_id: UUID | None
    owner_id: str
    reference: str
    charge_id: str
    intent_id: str
    amount: Money
    state: DisputeState
    stripe_status: str
    reason: DisputeReason
    stripe_reason: str
    livemode: bool
    create_time: datetime
    update_time: datetime
    withheld_minor: Mapping[str, int] = field(default_factory=dict)
    network_reason_code: str = ""
    evidence_due_time: datetime | None = None
    submission_count: int = 0
    losses: tuple[Standing, ...] = ()
    holds: tuple[Standing, ...] = ()
    posted: int = 0
    observed_time: datetime | None = None
