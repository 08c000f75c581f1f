"""Recomputing the digest that a transaction was posted with, from what the books hold of it.

A request is not kept as it was. What it may have left to the ledger stands in the books as if it had been said: the
time of recording as the effective time, all that was left as the parts. So a stored transaction can come from a few
requests, and its digest must be that of one of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from payments_service.domain.ledger.account import Side
from payments_service.domain.ledger.outcome import AccountEntry
from payments_service.domain.ledger.transaction import (
    SETTLING_INDEX_FIRST,
    Posting,
    PostRequest,
    Transaction,
    TransactionKind,
)
from payments_service.domain.money import Money


def has_its_digest(transaction: Transaction, entries: Sequence[AccountEntry], target_indices: Sequence[int]) -> bool:
    """Whether a transaction's digest is that of a request that it can have come from.

    Args:
        transaction: as the books have it.
        entries: its own, with their accounts.
        target_indices: which postings its target has, in order; empty when it has none.
    """
    return any(request.digest() == transaction.digest for request in _requests(transaction, entries, target_indices))


def _requests(
    transaction: Transaction, entries: Sequence[AccountEntry], target_indices: Sequence[int]
) -> Iterator[PostRequest]:
    """The requests that make this transaction, the likeliest first."""
    sides = {(entry.posting_index, entry.side): (account, entry) for account, entry in entries}
    for part_minor in _parts(transaction, sides, target_indices):
        for effective_time, at_original_time in _times(transaction):
            yield PostRequest(
                transaction_id=transaction.id,
                reference=transaction.reference,
                kind=transaction.kind,
                postings=_postings(sides) if transaction.target_id is None else (),
                effective_time=effective_time,
                at_original_time=at_original_time,
                expire_time=transaction.expire_time,
                target_id=transaction.target_id,
                part_minor=part_minor,
                description=transaction.description,
                metadata=transaction.metadata,
            )


def _parts(
    transaction: Transaction, sides: Mapping[tuple[int, Side], AccountEntry], target_indices: Sequence[int]
) -> Iterator[tuple[int, ...] | None]:
    yield None
    if transaction.kind in (TransactionKind.CAPTURE, TransactionKind.REVERSE):
        moved = {index: entry.amount_minor for (index, _), (_, entry) in sides.items()}
        yield tuple(moved.get(index, 0) for index in target_indices)


def _times(transaction: Transaction) -> Iterator[tuple[datetime | None, bool]]:
    """An effective time, and whether it is that of what is reversed."""
    if transaction.effective_time == transaction.record_time:
        yield None, False
    yield transaction.effective_time, False
    if transaction.kind is TransactionKind.REVERSE:
        yield None, True


def _postings(sides: Mapping[tuple[int, Side], AccountEntry]) -> tuple[Posting, ...]:
    """The postings that were asked for, as far as both of their sides are there."""
    indices = sorted(index for index, side in sides if side is Side.DEBIT and index < SETTLING_INDEX_FIRST)
    return tuple(
        Posting(debit.code, credit.code, Money(entry.amount_minor, debit.currency))
        for index in indices
        if (index, Side.CREDIT) in sides
        for (debit, entry), (credit, _) in [(sides[index, Side.DEBIT], sides[index, Side.CREDIT])]
    )
