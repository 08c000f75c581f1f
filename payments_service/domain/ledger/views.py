"""What readers of the ledger are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.domain.ledger.account import Account, AccountKind
from payments_service.domain.ledger.transaction import Entry
from payments_service.domain.money import Money
from payments_service.domain.value_object import value_object


@value_object
class Balance:
    """The balance of one account, now or at a moment of its past.

    Attributes:
        account_id: the account.
        code: its code.
        kind: its kind.
        owner_id: whose money it is; None for the platform's own.
        posted: on the normal side.
        pending_out: what open holds may still take.
        pending_in: what open holds may still add.
        available: posted - pending_out.
        version: number of entries up to here.
        record_time: when the last of them was recorded; None when there is none.
    """

    account_id: UUID
    code: str
    kind: AccountKind
    owner_id: str | None
    posted: Money
    pending_out: Money
    pending_in: Money
    available: Money
    version: int
    record_time: datetime | None

    @classmethod
    def of(cls, account: Account) -> "Balance":
        """The balance that an account's totals make."""
        return cls(
            account_id=account.id,
            code=account.code,
            kind=account.kind,
            owner_id=account.owner_id,
            posted=Money(account.posted_minor, account.currency),
            pending_out=Money(account.pending_out_minor, account.currency),
            pending_in=Money(account.pending_in_minor, account.currency),
            available=Money(account.available_minor, account.currency),
            version=account.version,
            record_time=account.last_record_time,
        )


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One entry of an account with what its transaction says about it.

    Attributes:
        entry: the entry.
        amount: how much, above zero.
        posted_after: the posted balance on the account's normal side after it.
        reference: the transaction's money fact.
        effective_time: when it happened.
        description: in words.
    """

    entry: Entry
    amount: Money
    posted_after: Money
    reference: str
    effective_time: datetime
    description: str


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account that has entries, from one moment of the books.

    Attributes:
        accounts: by code.
        record_time: that moment, by the database's clock.
    """

    accounts: tuple[Account, ...]
    record_time: datetime


@dataclass(frozen=True, slots=True)
class EffectiveBalance:
    """The balance of one account by what had happened up to a time, whenever that was recorded.

    Attributes:
        account: the account as it is now.
        posted: on the normal side. Holds count only as they were recorded, so there is nothing to say of them here.
    """

    account: Account
    posted: Money


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account with what only those who manage it need.

    Attributes:
        account: the account with its totals now.
        metadata: the caller's own keys and values.
        revision: how often floor, state or metadata were changed.
        create_time: when it was made.
        update_time: when it was last changed; entries do not count.
    """

    account: Account
    metadata: Mapping[str, str]
    revision: int
    create_time: datetime
    update_time: datetime

    @property
    def etag(self) -> str:
        """Names this revision."""
        return f"r{self.revision}"


@dataclass(frozen=True, slots=True)
class AccountVerification:
    """What came of computing an account again from its entries.

    Attributes:
        entries: how many were read.
        differences: what is not as it must be, in words; the first of each kind.
    """

    entries: int
    differences: tuple[str, ...]
