"""What settlement needs from storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from payments_service.domain.settlement.model import BalanceTransaction, ProvisionalCharge, ProvisionalState


class ProvisionalStore(Protocol):
    """Charges that are booked before Stripe has booked them. Whoever reads or changes one holds its payment's lock."""

    async def add(self, charges: Sequence[ProvisionalCharge]) -> None:
        """Store new ones."""
        ...

    async def of_charges(self, charge_ids: Sequence[str]) -> dict[str, ProvisionalCharge]:
        """Those of charges, whatever has become of them, by charge."""
        ...

    async def end(self, charge_ids: Sequence[str], state: ProvisionalState) -> None:
        """Record what has become of those that stand."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the books at a moment. Amounts are minor units by currency, ages seconds, 0 when nothing does.

    Attributes:
        suspense: what suspense accounts hold, each without its sign.
        receivable: what owners and connected accounts owe.
        unsettled_seconds: age of the oldest charge that is booked provisionally.
        in_transit_seconds: age of the oldest payout of the platform that has neither arrived nor come back.
    """

    suspense: Mapping[str, int]
    receivable: Mapping[str, int]
    unsettled_seconds: float
    in_transit_seconds: float


class StandingStore(Protocol):
    """What stands in the books, in a transaction."""

    async def standing(self) -> Standing:
        """What stands now."""
        ...


@dataclass(frozen=True, slots=True)
class DueAccount:
    """A Stripe account whose balance transactions are to be listed.

    Attributes:
        stripe_account: Stripe's id; empty for the platform.
        due_count: how often it had been marked due when it was leased, so that a mark made meanwhile is not lost.
        settled_through: `created` of the newest balance transaction that is booked, in whole seconds.
    """

    stripe_account: str
    due_count: int
    settled_through: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a Stripe account's time, in whole seconds and with both ends, that is to be listed again.

    Attributes:
        stripe_account: Stripe's id; empty for the platform.
        since: up to where that has been done.
        through: what has been listed once, and is old enough by now.
    """

    stripe_account: str
    since: datetime
    through: datetime


@dataclass(frozen=True, slots=True)
class Sweep:
    """How often accounts are settled although nobody asked for it: events can be lost.

    Attributes:
        platform_seconds: the platform's own account.
        connected_seconds: each connected account.
    """

    platform_seconds: float
    connected_seconds: float


@dataclass(frozen=True, slots=True)
class Booked:
    """A balance transaction that is booked, and what it is about.

    Attributes:
        payment_id: our payment, where the balance transaction itself names it. What came out of its source (transfers,
            fees, reversals) finds it through `BalanceTransaction.parent_id`.
        account_id: the connected account that it concerns.
        ledger_transaction_id: None when nothing moved.
    """

    transaction: BalanceTransaction
    payment_id: UUID | None = None
    account_id: UUID | None = None
    ledger_transaction_id: UUID | None = None


class SettlementStore(Protocol):
    """Balance transactions that are booked, and accounts whose are to be."""

    async def mark_due(self, stripe_accounts: Sequence[str]) -> None:
        """Ask for these accounts to be settled soon."""
        ...

    async def lease_due(self, limit: int, seconds: float, sweep: Sweep) -> list[DueAccount]:
        """Lease accounts that are marked due, or were not settled for as long as `sweep` says."""
        ...

    async def settled(self, account: DueAccount, through: datetime | None, recheck_from: datetime | None) -> None:
        """Record that everything up to `through` is booked, and give the lease back.

        Args:
            account: as it was leased.
            through: `created` of the newest balance transaction; None when there is none.
            recheck_from: from where on this account's are to be listed again; counts the first time only.
        """
        ...

    async def postpone(self, account: DueAccount, seconds: float) -> None:
        """Give the lease of an account back with its mark, to be tried again after `seconds`."""
        ...

    async def lease_rechecks(self, limit: int, *, every: timedelta, age: timedelta) -> list[Stretch]:
        """What is to be listed again of accounts whose turn comes, each once in `every`.

        Args:
            limit: accounts at once.
            every: how often an account's turn comes. Whoever fails leaves it to the next one.
            age: how old what is listed again has to be.
        """
        ...

    async def rechecked(self, stripe_account: str, through: datetime) -> None:
        """Record that an account's balance transactions have been listed again up to a time."""
        ...

    async def settled_through(self, stripe_account: str) -> datetime | None:
        """`created` of an account's newest balance transaction below which all are booked; None when none is known."""
        ...

    async def booked(self, transaction_ids: Sequence[str]) -> set[str]:
        """Which of these balance transactions are booked already."""
        ...

    async def add(self, rows: Sequence[Booked]) -> None:
        """Store balance transactions that are booked in this transaction."""
        ...

    async def accounts_of(self, source_ids: Sequence[str]) -> dict[str, UUID]:
        """The connected accounts that booked balance transactions of these sources concern, by source."""
        ...

    async def payments_of(self, source_ids: Sequence[str]) -> dict[str, UUID]:
        """The payments that the platform's booked balance transactions of these sources are about, by source."""
        ...

    async def of_charges(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[BalanceTransaction]]:
        """The platform's booked balance transactions that name these payments themselves, by payment."""
        ...

    async def booked_charges(self, charge_ids: Sequence[str]) -> set[str]:
        """Which of the platform's charges have a booked balance transaction."""
        ...

    async def of_payments(self, payment_ids: Sequence[UUID]) -> list[BalanceTransaction]:
        """Booked balance transactions of payments and of all that came out of them, in every book, oldest first."""
        ...
