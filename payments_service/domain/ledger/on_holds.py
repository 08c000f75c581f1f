"""What captures, voids and expiries take from their hold."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.hold import HeldPosting, Hold
from payments_service.domain.ledger.lookup import account_of, no_such_target
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind, code_of


def moves_from_hold(
    books: Books, request: PostRequest, target_id: UUID
) -> list[tuple[int, RunningAccount, RunningAccount, int]]:
    """The postings that a capture, void or expiry makes.

    Raises:
        PaymentsError: LEDGER_TRANSACTION_NOT_FOUND, HOLD_EXHAUSTED, INVALID_STATE for what is no hold or has not
            expired, REQUEST_INVALID for parts that do not match the hold's postings.
    """
    hold = _hold(books, request, target_id)
    remaining = tuple(posting.remaining_minor for posting in hold.postings)
    if request.kind is TransactionKind.EXPIRE and not hold.is_past(books.record_time):
        raise PaymentsError(
            Reason.INVALID_STATE, "the hold has not expired: void it instead", metadata={"state": "open"}
        )
    if request.kind is TransactionKind.CAPTURE and hold.is_past(books.record_time) and not request.forced:
        raise PaymentsError(Reason.HOLD_EXHAUSTED, "the hold has expired: nothing can be captured from it any more")
    amounts = remaining if request.part_minor is None else request.part_minor
    if len(amounts) != len(remaining):
        raise invalid("part_minor", f"must be {len(remaining)} amounts, one for each posting of the hold")
    if not any(remaining) or any(amount > left for amount, left in zip(amounts, remaining, strict=True)):
        raise PaymentsError(
            Reason.HOLD_EXHAUSTED,
            f"the hold has {list(remaining)} left, asked for {list(amounts)}: capture no more than is left",
            metadata={"remaining_minor": ",".join(map(str, remaining))},
        )
    return [
        (index, account_of(books, held.debit, held.currency), account_of(books, held.credit, held.currency), amount)
        for index, (held, amount) in enumerate(zip(hold.postings, amounts, strict=True))
        if amount
    ]


def follow_hold(books: Books, request: PostRequest, amounts: Mapping[int, int]) -> None:
    """Keep the hold that the request makes, or acts on by these amounts of its postings."""
    if request.target_id is None:
        held = tuple(
            HeldPosting(
                code_of(posting.debit), code_of(posting.credit), posting.amount.currency, posting.amount.amount_minor
            )
            for posting in request.postings
        )
        books.set_target(Hold(request.transaction_id, held, request.expire_time))
        return
    hold = _hold(books, request, request.target_id)
    captured = request.kind is TransactionKind.CAPTURE
    postings = tuple(
        replace(posting, captured_minor=posting.captured_minor + amounts.get(index, 0))
        if captured
        else replace(posting, released_minor=posting.released_minor + amounts.get(index, 0))
        for index, posting in enumerate(hold.postings)
    )
    books.set_target(replace(hold, postings=postings, released_by=None if captured else request.kind))


def _hold(books: Books, request: PostRequest, target_id: UUID) -> Hold:
    target = books.target(target_id)
    if target is None:
        raise no_such_target(target_id)
    if not isinstance(target, Hold):
        raise PaymentsError(
            Reason.INVALID_STATE,
            f"the transaction is no hold but a {target.kind}: there is nothing to {request.kind}",
            metadata={"state": target.kind.value},
        )
    return target
