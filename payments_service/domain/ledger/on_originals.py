"""What a reversal moves back: no more than its original moved, all reversals of it taken together."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.lookup import account_of, no_such_target
from payments_service.domain.ledger.reversal import REVERSIBLE, Original
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind


def moves_back(
    books: Books, request: PostRequest, target_id: UUID
) -> list[tuple[int, RunningAccount, RunningAccount, int]]:
    """The postings that a reversal makes: those of its original with debit and credit swapped, or a part of them.

    Raises:
        PaymentsError: LEDGER_TRANSACTION_NOT_FOUND, REVERSAL_EXCEEDS_ORIGINAL, INVALID_STATE for what cannot be
            reversed, REQUEST_INVALID for parts that do not match the original's postings.
    """
    original = _original(books, target_id)
    remaining = tuple(posting.remaining_minor for posting in original.postings)
    amounts = remaining if request.part_minor is None else request.part_minor
    if len(amounts) != len(remaining):
        raise invalid("part_minor", f"must be {len(remaining)} amounts, one for each posting of the transaction")
    if not any(remaining) or any(amount > left for amount, left in zip(amounts, remaining, strict=True)):
        raise PaymentsError(
            Reason.REVERSAL_EXCEEDS_ORIGINAL,
            f"the transaction has {list(remaining)} left to reverse, asked for {list(amounts)}: reverse no more than "
            "is left",
            metadata={"remaining_minor": ",".join(map(str, remaining))},
        )
    return [
        (
            posting.index,
            account_of(books, posting.credit, posting.currency),
            account_of(books, posting.debit, posting.currency),
            amount,
        )
        for posting, amount in zip(original.postings, amounts, strict=True)
        if amount
    ]


def follow_original(books: Books, request: PostRequest, amounts: Mapping[int, int]) -> None:
    """Remember how much of its original a reversal has taken back, by the index of the posting."""
    if request.target_id is None:
        return
    original = _original(books, request.target_id)
    postings = tuple(
        replace(posting, reversed_minor=posting.reversed_minor + amounts.get(posting.index, 0))
        for posting in original.postings
    )
    books.set_target(replace(original, postings=postings))


def original_time(books: Books, request: PostRequest) -> datetime | None:
    """When what a request reverses happened, if that is when the reversal shall count too."""
    if not request.at_original_time or request.target_id is None:
        return None
    return _original(books, request.target_id).effective_time


def _original(books: Books, target_id: UUID) -> Original:
    target = books.target(target_id)
    if target is None:
        raise no_such_target(target_id)
    kind = target.kind if isinstance(target, Original) else TransactionKind.HOLD
    if not isinstance(target, Original) or kind not in REVERSIBLE:
        instead = "void it instead" if kind is TransactionKind.HOLD else "post a new transaction instead"
        raise PaymentsError(
            Reason.INVALID_STATE,
            f"the transaction is a {kind}, which cannot be reversed: {instead}",
            metadata={"state": kind.value},
        )
    return target
