"""A payout, and what Stripe says of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.ledger.standing import Standing
from payments_service.domain.money import Money


class PayoutState(Enum):
    """Where a payout stands; the words are those of the API (docs.stripe.com/api/payouts/object)."""

    PENDING = "PENDING"
    IN_TRANSIT = "IN_TRANSIT"
    PAID = "PAID"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class PayoutSnapshot:
    """What Stripe said of a payout in one answer.

    Attributes:
        state: our word for Stripe's status; OTHER when the status is unknown here.
        status: Stripe's word.
        amount: what the bank account gets; negative when it is debited, as by the payout that reverses another.
        moved: what the Stripe balance gave for it, by its balance transaction; the amount where that is not known.
        arrival_time: when it is expected to be at the bank.
        automatic: whether Stripe's schedule made it.
        method: `standard` or `instant`.
        reconciliation_status: whether Stripe has listed what is in it.
    """

    id: str
    state: PayoutState
    status: str
    amount: Money
    moved: Money
    created: datetime
    livemode: bool
    arrival_time: datetime | None = None
    automatic: bool = False
    method: str = ""
    failure_code: str = ""
    balance_transaction_id: str = ""
    failure_balance_transaction_id: str = ""
    original_payout_id: str = ""
    reversed_by_id: str = ""
    reconciliation_status: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way from a Stripe balance to a bank account: see the message of the same name in the API.

    Attributes:
        stripe_account: whose balance it leaves; empty for the platform's.
        connected_account_id: the connected account behind that; None for the platform, or when it is none of ours.
        arrived: the ledger transaction that stands because it is paid.
        posted: how many ledger transactions it has made so far.
        observed_time: database time at which the last applied answer of Stripe had ended.
    """

    id: UUID
    stripe_payout_id: str
    stripe_account: str
    connected_account_id: UUID | None
    owner_id: str
    amount: Money
    moved: Money
    state: PayoutState
    stripe_status: str
    livemode: bool
    create_time: datetime
    update_time: datetime
    arrival_time: datetime | None = None
    automatic: bool = False
    method: str = ""
    failure_code: str = ""
    balance_transaction_id: str = ""
    failure_balance_transaction_id: str = ""
    original_payout_id: str = ""
    reversed_by_id: str = ""
    reconciliation_status: str = ""
    arrived: Standing | None = None
    posted: int = 0
    observed_time: datetime | None = None
