"""What can be reversed: a transaction that moved money, and how much of it has been taken back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.domain.ledger.transaction import TransactionKind

REVERSIBLE = frozenset({TransactionKind.POST, TransactionKind.CAPTURE})
"""Kinds that can be reversed. A hold is voided instead, a release moved nothing, and who wants a reversal undone posts
the original anew: a chain of reversals of reversals would leave open what stands."""


@dataclass(frozen=True, slots=True)
class OriginalPosting:
    """One posting of a transaction, and how much of it has been taken back.

    Attributes:
        index: its index in the transaction.
        debit: code of the account that it debited.
        credit: code of the account that it credited.
        currency: of both.
        posted_minor: what it moved.
        reversed_minor: what reversals have moved back so far.
    """

    index: int
    debit: str
    credit: str
    currency: str
    posted_minor: int
    reversed_minor: int = 0

    @property
    def remaining_minor(self) -> int:
        """What can still be reversed."""
        return self.posted_minor - self.reversed_minor


@dataclass(frozen=True, slots=True)
class Original:
    """A transaction other than a hold, as a reversal sees it.

    Attributes:
        transaction_id: the transaction.
        kind: what it did.
        effective_time: when that happened.
        postings: those that were asked for, in order; not those that the ledger added.
    """

    transaction_id: UUID
    kind: TransactionKind
    effective_time: datetime
    postings: tuple[OriginalPosting, ...]
