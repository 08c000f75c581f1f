"""What the ledger's use cases need from storage."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from payments_service.domain.ledger.account import Account, AccountKind, AccountState
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.outcome import Outcome as PostOutcome
from payments_service.domain.ledger.transaction import PostRequest, Transaction, TransactionKind
from payments_service.domain.ledger.transaction_view import TransactionView
from payments_service.domain.ledger.views import (
    AccountVerification,
    Balance,
    EffectiveBalance,
    HistoryLine,
    LedgerAccount,
    TrialBalance,
)


class LedgerStore(Protocol):
    """The ledger inside a transaction."""

    async def post(self, requests: Sequence[PostRequest]) -> Sequence[PostOutcome]:
        """Decide and write a batch of requests, in order."""
        ...

    async def decide(self, requests: Sequence[PostRequest]) -> Sequence[PostOutcome]:
        """Decide a batch of requests as if it were posted now; nothing is locked or written."""
        ...


class LedgerReads(Protocol):
    """What the ledger can be asked, inside a transaction."""

    async def balance(self, which: str | UUID, record_time: datetime | None = None) -> Balance | None:
        """The balance of an account, by id or code, now or as it was recorded at a time; None: no such account."""
        ...

    async def balances(self, which: Sequence[str | UUID], record_time: datetime | None = None) -> list[Balance]:
        """The balances of the accounts that exist, by code or id, now or at a record time, in no order."""
        ...

    async def effective_balances(self, which: Sequence[str | UUID], effective_time: datetime) -> list[EffectiveBalance]:
        """The balances by what had happened up to a time, of the accounts that exist, in no order."""
        ...

    async def balances_under(self, prefix: str) -> list[Balance]:
        """The balances of the accounts that have entries and whose codes begin with `prefix`, by code."""
        ...

    async def entries(self, account_id: UUID, before_version: int | None, limit: int) -> list[HistoryLine]:
        """Entries with versions below `before_version`, newest first."""
        ...

    async def trial_balance(self, currency: str | None = None) -> TrialBalance:
        """Every account that has entries, from one moment of the books."""
        ...


class CurrentBalances(Protocol):
    """Balances as they are now, outside of any transaction."""

    async def of(self, which: Sequence[str | UUID]) -> list[Balance]:
        """The balances of the accounts that exist, by code or id, from one moment of the books, in no order.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE.
        """
        ...


@dataclass(frozen=True, slots=True)
class LedgerAccountFilter:
    """Which ledger accounts a list shows; what is None or empty does not filter."""

    owner_ids: frozenset[str] | None = None
    code_prefix: str = ""
    kind: AccountKind | None = None
    currency: str = ""
    states: frozenset[AccountState] = frozenset()


class LedgerAccountStore(Protocol):
    """Ledger accounts, as those manage them who own them."""

    async def add(self, account: Account, metadata: dict[str, str]) -> LedgerAccount | None:
        """Make an account; None when there is one with its code."""
        ...

    async def get(self, which: str | UUID) -> LedgerAccount | None:
        """The account with this code or id."""
        ...

    async def many(self, which: list[str | UUID]) -> list[Account]:
        """Those of these accounts that exist, by code or id, in no order."""
        ...

    async def lock(self, which: str | UUID) -> LedgerAccount | None:
        """The account, locked until the transaction ends."""
        ...

    async def save(self, account: Account, metadata: dict[str, str]) -> LedgerAccount:
        """Store state, floor and metadata of an account that was read under its lock; its revision rises."""
        ...

    async def page(self, which: LedgerAccountFilter, before: UUID | None, limit: int) -> list[LedgerAccount]:
        """Accounts with ids below `before`, newest first."""
        ...

    async def verify(self, account: Account) -> AccountVerification:
        """Compute an account again from its entries."""
        ...


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which ledger transactions a list shows; what is None or empty does not filter."""

    owner_ids: frozenset[str] | None = None
    account_id: UUID | None = None
    reference_prefix: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[TransactionKind] = frozenset()
    target_id: UUID | None = None
    effective_time_from: datetime | None = None
    effective_time_before: datetime | None = None


TransactionPosition = UUID | int
"""Where a list of transactions has come to: an id, or in the list of one account a version of it."""


class LedgerTransactionReads(Protocol):
    """Ledger transactions."""

    async def get(self, ids: Collection[UUID], references: Collection[str] = ()) -> list[Transaction]:
        """Those of these transactions that exist, in no order."""
        ...

    async def entries(self, ids: Collection[UUID]) -> dict[UUID, list[AccountEntry]]:
        """The entries of transactions with their accounts, in pairs: debit before credit."""
        ...

    async def views(self, transactions: Sequence[Transaction]) -> list[TransactionView]:
        """Transactions with their postings and what is left of them, in their order."""
        ...

    async def page(
        self, which: TransactionFilter, before: TransactionPosition | None, limit: int
    ) -> list[tuple[TransactionPosition, TransactionView]]:
        """Transactions older than `before`, newest first, each with its position."""
        ...


class LedgerLookups(Protocol):
    """Where accounts and transactions are looked up by what callers call them."""

    @property
    def ledger_accounts(self) -> LedgerAccountStore:
        """Accounts."""
        ...

    @property
    def ledger_transactions(self) -> LedgerTransactionReads:
        """Transactions."""
        ...


class HoldExpiryStore(Protocol):
    """Holds that will expire."""

    async def lock_due(self, limit: int) -> list[UUID]:
        """Holds whose time is over, oldest first, kept from other workers until the transaction ends."""
        ...

    async def postpone(self, transaction_ids: Collection[UUID], seconds: float) -> None:
        """Leave holds that are due alone for so long: they could not expire."""
        ...

    async def done(self, transaction_ids: Collection[UUID]) -> None:
        """Forget holds that are due: they have been seen to."""
        ...
