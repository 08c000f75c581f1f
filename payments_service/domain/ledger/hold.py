"""Holds: pending postings, and what is left of them after captures and releases."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from payments_service.domain.ledger.transaction import TransactionKind


class HoldState(StrEnum):
    """What has become of a hold. Derived from the transactions linked to it, never stored."""

    OPEN = "open"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class HeldPosting:
    """One pending posting of a hold.

    Attributes:
        debit: code of the account to debit.
        credit: code of the account to credit.
        currency: of both.
        held_minor: what was held.
        captured_minor: what has been captured so far.
        released_minor: what was given back by a void or an expiry.
    """

    debit: str
    credit: str
    currency: str
    held_minor: int
    captured_minor: int = 0
    released_minor: int = 0

    @property
    def remaining_minor(self) -> int:
        """What can still be captured or released."""
        return self.held_minor - self.captured_minor - self.released_minor


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold and what its linked transactions have done to it.

    Attributes:
        transaction_id: the transaction that made it.
        postings: in the order in which they were held.
        expire_time: from when on nothing can be captured any more; None: never.
        released_by: VOID or EXPIRE once it has been released.
    """

    transaction_id: UUID
    postings: tuple[HeldPosting, ...]
    expire_time: datetime | None = None
    released_by: TransactionKind | None = None

    def state(self, now: datetime) -> HoldState:
        """What has become of it at `now`; past its expire time it is expired, also before the expiry is booked."""
        if self.released_by is not None:
            return HoldState.VOIDED if self.released_by is TransactionKind.VOID else HoldState.EXPIRED
        if not any(posting.remaining_minor for posting in self.postings):
            return HoldState.CAPTURED
        return HoldState.EXPIRED if self.is_past(now) else HoldState.OPEN

    def is_past(self, now: datetime) -> bool:
        """Whether its expire time has come."""
        return self.expire_time is not None and self.expire_time <= now
