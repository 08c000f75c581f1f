"""A refund, and what Stripe says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.money import Money


class RefundState(Enum):
    """Where a refund stands; the words are those of the API."""

    CREATING = "CREATING"
    PENDING = "PENDING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    OTHER = "OTHER"


GIVING_BACK = frozenset(
    {RefundState.PENDING, RefundState.REQUIRES_ACTION, RefundState.SUCCEEDED, RefundState.OTHER},
)
"""States in which a refund counts as refunded."""

RESERVING = GIVING_BACK | {RefundState.CREATING}
"""States in which nobody else may refund the same money."""


class RefundReason(Enum):
    """Why a refund is made (docs.stripe.com/api/refunds/create); UNSPECIFIED when nobody said."""

    UNSPECIFIED = "UNSPECIFIED"
    DUPLICATE = "DUPLICATE"
    FRAUDULENT = "FRAUDULENT"
    REQUESTED_BY_CUSTOMER = "REQUESTED_BY_CUSTOMER"


class AbsorbBy(Enum):
    """At whose expense a refund is; UNSPECIFIED for payments of the platform itself, which has no choice."""

    UNSPECIFIED = "UNSPECIFIED"
    CREATOR = "CREATOR"
    PLATFORM = "PLATFORM"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back: see the message of the same name in the API.

    Attributes:
        stripe_refund_id: Stripe's id; empty until it is known.
        observed_time: database time at which the last applied answer of Stripe had ended.
    """

    id: UUID
    payment_id: UUID
    owner_id: str
    reference: str
    amount: Money
    state: RefundState
    reason: RefundReason
    absorb_by: AbsorbBy
    reverse_transfer: bool
    refund_platform_fee: bool
    metadata: Mapping[str, str]
    livemode: bool
    create_time: datetime
    update_time: datetime
    stripe_status: str = ""
    failure_reason: str = ""
    stripe_refund_id: str = ""
    balance_transaction_id: str = ""
    transfer_reversal_id: str = ""
    observed_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """What Stripe said of a refund in one answer.

    Attributes:
        state: our word for Stripe's status; OTHER when the status is unknown here.
        hint: our refund id as Stripe's metadata has it; a hint, to be checked.
    """

    id: str
    intent_id: str
    state: RefundState
    status: str
    amount: Money
    created: datetime
    reason: RefundReason = RefundReason.UNSPECIFIED
    failure_reason: str = ""
    balance_transaction_id: str = ""
    transfer_reversal_id: str = ""
    hint: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
