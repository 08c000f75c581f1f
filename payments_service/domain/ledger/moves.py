"""Which accounts a request moves, and by how much: its own postings, or what it takes from its target."""

from payments_service.domain.errors import invalid
from payments_service.domain.ledger.account import Side
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.lookup import account_of, check_takes
from payments_service.domain.ledger.on_holds import follow_hold, moves_from_hold
from payments_service.domain.ledger.on_originals import follow_original, moves_back
from payments_service.domain.ledger.transaction import EFFECTS, Effect, PostRequest, TransactionKind

Move = tuple[int, RunningAccount, RunningAccount, int]
"""One posting to be made: its index, the account to debit, the account to credit, the amount."""


def moves_of(books: Books, request: PostRequest) -> list[Move]:
    """The postings to make, with their accounts, once these may be posted to.

    Raises:
        PaymentsError: an account or the target does not allow it; see `check_takes`, `moves_from_hold`, `moves_back`.
    """
    if request.target_id is None:
        moves = _own_moves(books, request)
    elif request.kind is TransactionKind.REVERSE:
        moves = moves_back(books, request, request.target_id)
    else:
        moves = moves_from_hold(books, request, request.target_id)
    if not request.forced and EFFECTS[request.kind] is not Effect.RELEASED:
        for _, debit, credit, _ in moves:
            check_takes(debit.account, Side.DEBIT)
            check_takes(credit.account, Side.CREDIT)
    return moves


def follow_target(books: Books, request: PostRequest, moves: list[Move]) -> None:
    """Remember what the request has made of its target, or the hold that it is."""
    if request.kind is TransactionKind.POST:
        return
    amounts = {index: amount for index, _, _, amount in moves}
    if request.kind is TransactionKind.REVERSE:
        follow_original(books, request, amounts)
    else:
        follow_hold(books, request, amounts)


def _own_moves(books: Books, request: PostRequest) -> list[Move]:
    if request.expire_time is not None and request.expire_time <= books.record_time:
        raise invalid("expire_time", f"must be in the future, is {request.expire_time.isoformat()}")
    return [
        (
            index,
            account_of(books, posting.debit, posting.amount.currency),
            account_of(books, posting.credit, posting.amount.currency),
            posting.amount.amount_minor,
        )
        for index, posting in enumerate(request.postings)
    ]
