"""A transfer to a connected account, and what Stripe says of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from payments_service.domain.money import Money


class TransferState(Enum):
    """Where a transfer stands. Stripe has no status for it: it follows from how much of it was reversed."""

    CREATED = "CREATED"
    PARTIALLY_REVERSED = "PARTIALLY_REVERSED"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True)
class TransferSnapshot:
    """What Stripe said of a transfer in one answer.

    Attributes:
        destination: Stripe's id of the connected account that gets it.
        source_transaction_id: the charge that it comes out of; empty when it comes out of the balance.
        destination_payment_id: Stripe's id of what the connected account got, `py_…`.
    """

    id: str
    amount: Money
    amount_reversed: Money
    destination: str
    created: datetime
    livemode: bool
    source_transaction_id: str = ""
    destination_payment_id: str = ""
    balance_transaction_id: str = ""
    transfer_group: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that the platform has passed on to a connected account.

    Attributes:
        connected_account_id: who got it; None when that is none of ours.
        observed_time: database time at which the last applied answer of Stripe had ended.
    """

    id: UUID
    stripe_transfer_id: str
    connected_account_id: UUID | None
    owner_id: str
    amount: Money
    amount_reversed: Money
    state: TransferState
    destination: str
    livemode: bool
    create_time: datetime
    update_time: datetime
    source_transaction_id: str = ""
    destination_payment_id: str = ""
    balance_transaction_id: str = ""
    transfer_group: str = ""
    observed_time: datetime | None = None
