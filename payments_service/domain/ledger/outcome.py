"""What became of each request of a batch, and what the batch does to the books."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.errors import PaymentsError
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.transaction import Entry, Transaction
from payments_service.domain.value_object import value_object

AccountEntry = tuple[Account, Entry]
"""An entry and the account that it is in."""


@value_object
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
    def sides(self) -> tuple[AccountEntry, ...]:
        """Its entries with the accounts that they are in."""
        return tuple((self._accounts[entry.account_id], entry) for entry in self.entries)

    @property
    def accounts_after(self) -> tuple[Account, ...]:
        """The accounts that it touched as they were right after it, in the order in which it did."""
        return accounts_after(self.sides)


@value_object
class Existing:
    """The fact was in the books already: nothing was posted.

    Attributes:
        transaction: the one with the same reference.
    """

    transaction: Transaction


@value_object
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


def refused_together(cause: PaymentsError, name: str) -> Refused:
    """The outcome for those of an atomic group that had nothing wrong with them; `name` is the one that had."""
    together = PaymentsError(
        cause.reason,
        f"posted together with {name!r}, which was refused: {cause.message}",
        metadata={**cause.metadata, "refused_reference": name},
    )
    return Refused(together)


def accounts_after(sides: Iterable[AccountEntry]) -> tuple[Account, ...]:
    """The accounts after the last of these entries of each, in the order in which they first appear."""
    last: dict[UUID, AccountEntry] = {}
    for account, entry in sides:
        if account.id not in last or entry.version > last[account.id][1].version:
            last[account.id] = (account, entry)
    return tuple([at(account, entry) for account, entry in last.values()])


def at(account: Account, entry: Entry) -> Account:
    """The account as it was right after one of its entries."""
    # Spelled out: dataclasses.replace would cost three times as much, and every reply to a posting needs it twice.
    return Account(
        account.id,
        account.code,
        account.currency,
        account.kind,
        account.owner_id,
        account.floor_minor,
        account.state,
        entry.version,
        entry.posted_debits,
        entry.posted_credits,
        entry.pending_debits,
        entry.pending_credits,
        entry.record_time,
    )


def before_first(account: Account) -> Account:
    """The account as it was before its first entry."""
    return replace(
        account,
        version=0,
        posted_debits=0,
        posted_credits=0,
        pending_debits=0,
        pending_credits=0,
        last_record_time=None,
    )
