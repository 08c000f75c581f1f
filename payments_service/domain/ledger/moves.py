"""Which accounts a request moves, and by how much: its own postings, or what it takes from a hold."""

from dataclasses import replace

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ledger.account import Account, AccountSpec, Side
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.hold import HeldPosting, Hold
from payments_service.domain.ledger.transaction import (
    EFFECTS,
    AccountKey,
    Effect,
    PostRequest,
    TransactionKind,
    code_of,
)

Move = tuple[int, RunningAccount, RunningAccount, int]
"""One posting to be made: its index, the account to debit, the account to credit, the amount."""


def moves_of(books: Books, request: PostRequest) -> list[Move]:
    """The postings to make, with their accounts, once these may be posted to."""
    effect = EFFECTS[request.kind]
    moves = _own_moves(books, request) if request.target_id is None else _held_moves(books, request)
    if effect is not Effect.RELEASED and not request.forced:
        for _, debit, credit, _ in moves:
            _check_takes(debit.account, Side.DEBIT)
            _check_takes(credit.account, Side.CREDIT)
    return moves


def _own_moves(books: Books, request: PostRequest) -> list[Move]:
    if request.expire_time is not None and request.expire_time <= books.record_time:
        raise invalid("expire_time", f"must be in the future, is {request.expire_time.isoformat()}")
    return [
        (
            index,
            _account(books, posting.debit, posting.amount.currency),
            _account(books, posting.credit, posting.amount.currency),
            posting.amount.amount_minor,
        )
        for index, posting in enumerate(request.postings)
    ]


def _held_moves(books: Books, request: PostRequest) -> list[Move]:
    """What a capture, void or expiry takes from its hold."""
    hold = books.holds.get(request.target_id) if request.target_id else None
    if hold is None:
        raise invalid("target_id", "names no hold: use the id of a transaction of kind hold")
    remaining = tuple(posting.remaining_minor for posting in hold.postings)
    if request.kind is TransactionKind.EXPIRE and not hold.is_past(books.record_time):
        raise PaymentsError(
            Reason.INVALID_STATE, "the hold has not expired: void it instead", metadata={"state": "open"}
        )
    if request.kind is TransactionKind.CAPTURE and hold.is_past(books.record_time) and not request.forced:
        raise PaymentsError(Reason.HOLD_EXHAUSTED, "the hold has expired: nothing can be captured from it any more")
    amounts = remaining if request.capture_minor is None else request.capture_minor
    if len(amounts) != len(remaining):
        raise invalid("capture_minor", f"must be {len(remaining)} amounts, one for each posting of the hold")
    if not any(remaining) or any(amount > left for amount, left in zip(amounts, remaining, strict=True)):
        raise PaymentsError(
            Reason.HOLD_EXHAUSTED,
            f"the hold has {list(remaining)} left, asked for {list(amounts)}: capture no more than is left",
            metadata={"remaining_minor": ",".join(map(str, remaining))},
        )
    return [
        (index, _account(books, held.debit, held.currency), _account(books, held.credit, held.currency), amount)
        for index, (held, amount) in enumerate(zip(hold.postings, amounts, strict=True))
        if amount
    ]


def follow_hold(books: Books, request: PostRequest, moves: list[Move]) -> None:
    """Keep the hold that the request makes or acts on."""
    if request.kind is TransactionKind.HOLD:
        held = tuple(
            HeldPosting(
                code_of(posting.debit), code_of(posting.credit), posting.amount.currency, posting.amount.amount_minor
            )
            for posting in request.postings
        )
        books.set_hold(Hold(request.transaction_id, held, request.expire_time))
    elif request.target_id is not None:
        hold = books.holds[request.target_id]
        captured = request.kind is TransactionKind.CAPTURE
        amounts = {index: amount for index, _, _, amount in moves}
        postings = tuple(
            replace(posting, captured_minor=posting.captured_minor + amounts.get(index, 0))
            if captured
            else replace(posting, released_minor=posting.released_minor + amounts.get(index, 0))
            for index, posting in enumerate(hold.postings)
        )
        books.set_hold(replace(hold, postings=postings, released_by=None if captured else request.kind))


def _account(books: Books, key: AccountKey, currency: str) -> RunningAccount:
    code = code_of(key)
    running = books.accounts.get(code)
    if running is None:
        raise PaymentsError(
            Reason.LEDGER_ACCOUNT_NOT_FOUND,
            f"no ledger account {code!r}: create it first, or check the code",
            metadata={"code": code},
        )
    account = running.account
    if account.currency != currency:
        raise PaymentsError(
            Reason.CURRENCY_MISMATCH,
            f"ledger account {code!r} is in {account.currency}, the posting in {currency}: use one in {currency}",
            metadata={"code": code, "account_currency": account.currency, "posting_currency": currency},
        )
    if isinstance(key, AccountSpec) and key.kind is not account.kind:
        raise invalid("postings", f"ledger account {code!r} is of kind {account.kind}, not {key.kind}")
    return running


def _check_takes(account: Account, side: Side) -> None:
    if not account.state.takes(side):
        raise PaymentsError(
            Reason.ACCOUNT_FROZEN,
            f"ledger account {account.code!r} is {account.state}: it takes no {side.name.lower()}",
            metadata={"code": account.code, "state": account.state.value},
        )
