"""The books in memory while a batch is decided: each request sees those before it, and can be taken back."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from payments_service.domain.ledger.account import Account, Side
from payments_service.domain.ledger.chart import receivable_code
from payments_service.domain.ledger.hold import Hold
from payments_service.domain.ledger.reversal import Original, OriginalPosting
from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST, Effect, Entry, Transaction

Target = Hold | Original
"""What captures, releases and reversals act on."""

_POSTED_PENDING = {Effect.POSTED: (1, 0), Effect.HELD: (0, 1), Effect.CAPTURED: (1, -1), Effect.RELEASED: (0, -1)}
"""What an effect adds to the posted and the pending total, in amounts."""


class RunningAccount:
    """An account whose totals move while a batch is decided."""

    __slots__ = (
        "account",
        "debit_normal",
        "pending_credits",
        "pending_debits",
        "posted_credits",
        "posted_debits",
        "receivable",
        "version",
    )

    def __init__(self, account: Account) -> None:
        self.account = account
        self.debit_normal = account.kind.normal_side is Side.DEBIT
        self.version = account.version
        self.posted_debits = account.posted_debits
        self.posted_credits = account.posted_credits
        self.pending_debits = account.pending_debits
        self.pending_credits = account.pending_credits
        self.receivable: RunningAccount | None = None

    @property
    def posted_minor(self) -> int:
        """The posted balance on the normal side."""
        debit_balance = self.posted_debits - self.posted_credits
        return debit_balance if self.debit_normal else -debit_balance

    @property
    def available_minor(self) -> int:
        """Posted on the normal side, less what open holds may still take."""
        if self.debit_normal:
            return self.posted_debits - self.posted_credits - self.pending_credits
        return self.posted_credits - self.posted_debits - self.pending_debits

    @property
    def largest_total(self) -> int:
        """What the larger side would come to if every open hold were captured."""
        return max(self.posted_debits + self.pending_debits, self.posted_credits + self.pending_credits)

    def move(self, side: Side, effect: Effect, amount_minor: int) -> None:
        """Count one more entry."""
        posted, pending = _POSTED_PENDING[effect]
        self.version += 1
        if side is Side.DEBIT:
            self.posted_debits += posted * amount_minor
            self.pending_debits += pending * amount_minor
        else:
            self.posted_credits += posted * amount_minor
            self.pending_credits += pending * amount_minor

    def unmove(self, side: Side, effect: Effect, amount_minor: int) -> None:
        """Take the last entry back."""
        self.move(side, effect, -amount_minor)
        self.version -= 2

    def frozen(self, record_time: datetime) -> Account:
        """The account with the totals that it has come to."""
        account = self.account
        # Spelled out: dataclasses.replace would cost more than all the rest of a posting.
        return Account(
            account.id,
            account.code,
            account.currency,
            account.kind,
            account.owner_id,
            account.floor_minor,
            account.state,
            self.version,
            self.posted_debits,
            self.posted_credits,
            self.pending_debits,
            self.pending_credits,
            record_time,
        )


class Books:
    """Accounts, references and targets as a batch has left them so far, and what it has written.

    `mark` and `rollback` bracket a request or an atomic group: a refused one leaves nothing behind.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        existing: Mapping[str, Transaction],
        targets: Mapping[UUID, Target],
        record_time: datetime,
    ) -> None:
        self.accounts = {code: RunningAccount(account) for code, account in accounts.items()}
        self.by_id = {account.id: account for account in accounts.values()}
        self.references = dict(existing)
        self.targets = dict(targets)
        self.record_time = record_time
        self.transactions: list[Transaction] = []
        self.entries: list[Entry] = []
        self._running = {account.account.id: account for account in self.accounts.values()}
        self._earlier_targets: list[tuple[UUID, Target | None]] = []
        self.has_receivables = False
        for code, running in self.accounts.items():
            if (receivable := receivable_code(code)) is not None and receivable in self.accounts:
                running.receivable = self.accounts[receivable]
                self.has_receivables = True

    def mark(self) -> tuple[int, int, int]:
        """A point to come back to."""
        return len(self.transactions), len(self.entries), len(self._earlier_targets)

    def rollback(self, mark: tuple[int, int, int]) -> None:
        """Take back everything since `mark`, last first."""
        transactions, entries, targets = mark
        for entry in reversed(self.entries[entries:]):
            self._running[entry.account_id].unmove(entry.side, entry.effect, entry.amount_minor)
        for transaction in self.transactions[transactions:]:
            del self.references[transaction.reference]
        for target_id, earlier in reversed(self._earlier_targets[targets:]):
            if earlier is None:
                del self.targets[target_id]
            else:
                self.targets[target_id] = earlier
        del self.transactions[transactions:], self.entries[entries:], self._earlier_targets[targets:]

    def write(
        self, account: RunningAccount, entry_of: tuple[UUID, int], side: Side, effect: Effect, amount: int
    ) -> None:
        """Write one entry; `entry_of` is its transaction and the index of its posting."""
        account.move(side, effect, amount)
        self.entries.append(
            Entry(
                account.account.id,
                account.version,
                *entry_of,
                side,
                effect,
                amount,
                account.posted_debits,
                account.posted_credits,
                account.pending_debits,
                account.pending_credits,
                self.record_time,
            )
        )

    def record(self, transaction: Transaction) -> None:
        """Write the transaction itself, after its entries."""
        self.transactions.append(transaction)
        self.references[transaction.reference] = transaction

    def target(self, transaction_id: UUID) -> Target | None:
        """What has become so far of a transaction that was there before, or that the batch has posted."""
        known = self.targets.get(transaction_id)
        if known is not None:
            return known
        made = next((one for one in self.transactions if one.id == transaction_id), None)
        return None if made is None else self._original(made)

    def set_target(self, target: Target) -> None:
        """Remember a new hold, or what has become of a target."""
        self._earlier_targets.append((target.transaction_id, self.targets.get(target.transaction_id)))
        self.targets[target.transaction_id] = target

    def changed_accounts(self) -> tuple[Account, ...]:
        """The accounts that have new entries, as they are now."""
        return tuple(
            running.frozen(self.record_time)
            for running in self.accounts.values()
            if running.version != running.account.version
        )

    def _original(self, transaction: Transaction) -> Original:
        """A transaction of this batch as its reversal sees it. Its entries stand in pairs, debit before credit."""
        entries = [entry for entry in self.entries if entry.transaction_id == transaction.id]
        postings = tuple(
            OriginalPosting(
                debit.posting_index,
                self.by_id[debit.account_id].code,
                self.by_id[credit.account_id].code,
                self.by_id[debit.account_id].currency,
                debit.amount_minor,
            )
            for debit, credit in zip(entries[::2], entries[1::2], strict=True)
            if debit.posting_index < SETTLING_INDEX_FIRST
        )
        return Original(transaction.id, transaction.kind, transaction.effective_time, postings)
