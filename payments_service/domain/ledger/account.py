"""Ledger accounts: their kind, their state and their running totals."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from payments_service.domain.value_object import value_object

TOTAL_MINOR_MAX = 2**63 - 1
"""The largest total of an account, in minor units: what a signed 64-bit integer holds."""


class Side(IntEnum):
    """One side of a posting. The numbers are what entries store, and those of the API."""

    DEBIT = 1
    CREDIT = 2


class AccountKind(StrEnum):
    """The five kinds of account in double-entry accounting."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    REVENUE = "revenue"
    EXPENSE = "expense"

    normal_side: Side
    """The side that makes an account of this kind grow."""

    def __init__(self, name: str) -> None:
        # Once a kind and not once a question: it is asked several times a posting.
        self.normal_side = Side.DEBIT if name in {"asset", "expense"} else Side.CREDIT


class AccountState(StrEnum):
    """Which requests an account takes. Releasing a hold is always possible, and facts are booked in every state."""

    OPEN = "open"
    DEBIT_FROZEN = "debit_frozen"
    CREDIT_FROZEN = "credit_frozen"
    FROZEN = "frozen"
    CLOSED = "closed"

    def takes(self, side: Side) -> bool:
        """Whether a request may post on this side."""
        if self is AccountState.OPEN:
            return True
        return self is (AccountState.CREDIT_FROZEN if side is Side.DEBIT else AccountState.DEBIT_FROZEN)


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account as a posting needs it; it is made on first use. Its code alone says which account it is.

    Attributes:
        code: unique path with colons, for example `wallet:user_1:usd`.
        currency: ISO 4217 in lower case.
        kind: gives the normal side.
        owner_id: whose money it is, as the caller knows the owner; None for the platform's own.
        floor_minor: the least available balance that a request may leave, in minor units; None: no floor.
    """

    code: str
    currency: str
    kind: AccountKind
    owner_id: str | None = None
    floor_minor: int | None = None


@value_object
class Account:
    """A ledger account at one moment. Totals are in minor units, only grow by what is posted, and are never netted.

    Attributes:
        id: UUIDv7.
        code: unique path with colons.
        currency: ISO 4217 in lower case.
        kind: gives the normal side.
        owner_id: whose money it is; None for the platform's own.
        floor_minor: the least available balance that a request may leave; None: no floor.
        state: which requests it takes.
        version: number of its entries.
        posted_debits: sum of what was debited.
        posted_credits: sum of what was credited.
        pending_debits: what open holds may still debit.
        pending_credits: what open holds may still credit.
        last_record_time: when its last entry was recorded; None before the first.
    """

    id: UUID
    code: str
    currency: str
    kind: AccountKind
    owner_id: str | None = None
    floor_minor: int | None = None
    state: AccountState = AccountState.OPEN
    version: int = 0
    posted_debits: int = 0
    posted_credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0
    last_record_time: datetime | None = None

    @property
    def posted_minor(self) -> int:
        """The posted balance on the normal side; negative when the other side is larger."""
        debit_balance = self.posted_debits - self.posted_credits
        return debit_balance if self.kind.normal_side is Side.DEBIT else -debit_balance

    @property
    def pending_out_minor(self) -> int:
        """What open holds may still take from the balance."""
        return self.pending_credits if self.kind.normal_side is Side.DEBIT else self.pending_debits

    @property
    def pending_in_minor(self) -> int:
        """What open holds may still add to the balance."""
        return self.pending_debits if self.kind.normal_side is Side.DEBIT else self.pending_credits

    @property
    def available_minor(self) -> int:
        """What can be spent: a pending debit counts at once, a pending credit not before it is captured."""
        return self.posted_minor - self.pending_out_minor
