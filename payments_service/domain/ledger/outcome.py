"""What became of each request of a batch, and what the batch does to the books."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.errors import PaymentsError
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.transaction import Entry, Transaction
from payments_service.domain.ledger.views import Balance


@dataclass(frozen=True, slots=True)
class Posted:
    """The request became a transaction.

    Attributes:
        transaction: the transaction.
        entries: its entries, debit before credit in the order of its postings.
    """

    transaction: Transaction
    entries: tuple[Entry, ...]
    _accounts: Mapping[UUID, Account] = field(repr=False, compare=False)

    @property
    def balances(self) -> tuple[Balance, ...]:
        """The balances right after the transaction of the accounts it touched, in the order in which it did."""
        last = {entry.account_id: entry for entry in self.entries}
        return tuple(Balance.of(at(self._accounts[account_id], entry)) for account_id, entry in last.items())


@dataclass(frozen=True, slots=True)
class Existing:
    """The fact was in the books already: nothing was posted.

    Attributes:
        transaction: the one with the same reference.
    """

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Refused:
    """The request broke a rule: nothing was posted.

    Attributes:
        error: which rule, with what value, and what to do.
    """

    error: PaymentsError


Outcome = Posted | Existing | Refused


@dataclass(frozen=True, slots=True)
class Decision:
    """All that a batch does.

    Attributes:
        outcomes: one for each request, in order.
        transactions: to insert.
        entries: to insert.
        accounts: the accounts that changed, as they are after the batch.
        record_time: the one time at which all of it is recorded.
    """

    outcomes: tuple[Outcome, ...]
    transactions: tuple[Transaction, ...]
    entries: tuple[Entry, ...]
    accounts: tuple[Account, ...]
    record_time: datetime


def at(account: Account, entry: Entry) -> Account:
    """The account as it was right after one of its entries."""
    return replace(
        account,
        version=entry.version,
        posted_debits=entry.posted_debits,
        posted_credits=entry.posted_credits,
        pending_debits=entry.pending_debits,
        pending_credits=entry.pending_credits,
        last_record_time=entry.record_time,
    )
