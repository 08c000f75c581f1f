"""A transaction as readers are shown it: its postings, and what is left of them."""

from collections.abc import Sequence
from datetime import datetime

from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.hold import HeldPosting, Hold, HoldState
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.reversal import REVERSIBLE
from payments_service.domain.ledger.transaction import SETTLING_INDEX_FIRST, Transaction, TransactionKind
from payments_service.domain.money import Money
from payments_service.domain.value_object import value_object


@value_object
class Link:
    """What a transaction did to one posting of its target.

    Attributes:
        kind: of the transaction.
        posting_index: of the target's posting.
        amount_minor: how much of it.
    """

    kind: TransactionKind
    posting_index: int
    amount_minor: int


@value_object
class PostingLine:
    """One posting of a transaction.

    Attributes:
        index: its index in the transaction.
        debit: the account that it debits; its totals are those of any moment.
        credit: the account that it credits, likewise.
        amount: above zero.
        remaining: of a hold, what can still be captured or released; of what moved money, what can still be reversed.
        added: whether the ledger added it to what was asked for.
    """

    index: int
    debit: Account
    credit: Account
    amount: Money
    remaining: Money
    added: bool


@value_object
class TransactionView:
    """A transaction and what has become of it.

    Attributes:
        transaction: the transaction.
        lines: its postings in order, those that the ledger added last.
        hold_state: of a hold; None for others.
    """

    transaction: Transaction
    lines: tuple[PostingLine, ...]
    hold_state: HoldState | None = None


def view_of(
    transaction: Transaction, entries: Sequence[AccountEntry], links: Sequence[Link], now: datetime
) -> TransactionView:
    """What there is to see of a transaction.

    Args:
        transaction: the transaction.
        entries: its entries with their accounts, in pairs: debit before credit.
        links: what others have done to it.
        now: by the database's clock, for holds that expire.
    """
    lines = []
    for (debit, entry), (credit, _) in zip(entries[::2], entries[1::2], strict=True):
        index = entry.posting_index
        added = index >= SETTLING_INDEX_FIRST
        left = 0
        if not added and (transaction.kind in REVERSIBLE or transaction.kind is TransactionKind.HOLD):
            left = entry.amount_minor - sum(link.amount_minor for link in links if link.posting_index == index)
        amounts = Money(entry.amount_minor, debit.currency), Money(left, debit.currency)
        lines.append(PostingLine(index, debit, credit, *amounts, added))
    return TransactionView(transaction, tuple(lines), _hold_state(transaction, lines, links, now))


def _hold_state(
    transaction: Transaction, lines: Sequence[PostingLine], links: Sequence[Link], now: datetime
) -> HoldState | None:
    if transaction.kind is not TransactionKind.HOLD:
        return None
    held = tuple(
        HeldPosting(line.debit.code, line.credit.code, line.amount.currency, line.remaining.amount_minor)
        for line in lines
        if not line.added
    )
    released_by = next((link.kind for link in links if link.kind is not TransactionKind.CAPTURE), None)
    return Hold(transaction.id, held, transaction.expire_time, released_by).state(now)
