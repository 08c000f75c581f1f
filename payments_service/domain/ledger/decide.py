"""Decide a batch of requests, in order: who gets what, and what is written.

Pure: the caller has locked the accounts, read the clock, and writes what comes back. Rules: `design/ledger.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ledger.account import Account, Side
from payments_service.domain.ledger.books import Books, Target
from payments_service.domain.ledger.checks import check_shape, cleaned
from payments_service.domain.ledger.limits import check_after
from payments_service.domain.ledger.moves import follow_target, moves_of
from payments_service.domain.ledger.namespace import outside_reference
from payments_service.domain.ledger.on_originals import original_time
from payments_service.domain.ledger.outcome import Decision, Existing, Outcome, Posted, Refused, refused_together
from payments_service.domain.ledger.receivable import refuse_while_owing, settle
from payments_service.domain.ledger.transaction import EFFECTS, PostRequest, Transaction


def decide(
    accounts: Mapping[str, Account],
    existing_by_reference: Mapping[str, Transaction],
    targets: Mapping[UUID, Target],
    requests: Sequence[PostRequest],
    record_time: datetime,
) -> Decision:
    """Decide `requests` in order, each seeing the effect of those before it.

    Args:
        accounts: by code, as locked; an account that a request names and that is missing here does not exist.
        existing_by_reference: transactions in the books with the references of the requests.
        targets: by transaction, those that captures, voids, expiries and reversals name.
        requests: what is wanted; those of one atomic group stand next to each other.
        record_time: the database's clock, read after the locks.

    Raises:
        ValueError: an atomic group is not in one piece.
    """
    books = Books(accounts, existing_by_reference, targets, clamp_record_time(record_time, accounts.values()))
    outcomes: list[Outcome] = []
    seen: set[UUID] = set()
    for group, members in groupby(requests, key=lambda request: request.atomic_group):
        if group is None:
            outcomes.extend(_decide_one(books, request) for request in members)
            continue
        if group in seen:
            raise ValueError(f"the requests of atomic group {group} do not stand next to each other")
        seen.add(group)
        outcomes.extend(_decide_group(books, list(members)))
    return Decision(
        outcomes=tuple(outcomes),
        transactions=tuple(books.transactions),
        entries=tuple(books.entries),
        accounts=books.changed_accounts(),
        record_time=books.record_time,
    )


def clamp_record_time(now: datetime, accounts: Iterable[Account]) -> datetime:
    """`now`, but not before the last entry of any of the accounts: a clock that steps back must not reorder history."""
    return max([now, *(account.last_record_time for account in accounts if account.last_record_time is not None)])


def _decide_group(books: Books, requests: list[PostRequest]) -> list[Outcome]:
    """All of a group, or none of it: then the others are refused with the reason of the one that failed."""
    mark = books.mark()
    outcomes: list[Outcome] = []
    for position, request in enumerate(requests):
        outcome = _decide_one(books, request)
        if isinstance(outcome, Refused):
            books.rollback(mark)
            together = refused_together(outcome.error, outside_reference(request.reference))
            return [outcome if index == position else together for index in range(len(requests))]
        outcomes.append(outcome)
    return outcomes


def _decide_one(books: Books, request: PostRequest) -> Outcome:
    mark = books.mark()
    named = books.references.get(request.target_reference)
    if named is not None:
        request = replace(request, target_id=named.id)
    try:
        check_shape(request)
        if request.forced:
            request = cleaned(request)
        digest = request.digest()
        existing = books.references.get(request.reference)
        if existing is not None:
            return _repeated(request, digest, existing)
        return _post(books, request, digest)
    except PaymentsError as error:
        books.rollback(mark)
        return Refused(error)


def _repeated(request: PostRequest, digest: bytes, existing: Transaction) -> Existing:
    """A reference that is in the books: the same fact, or another one under the same name."""
    if request.forced or existing.digest == digest:
        return Existing(existing)
    reference = outside_reference(request.reference)
    raise PaymentsError(
        Reason.REFERENCE_REUSED,
        f"reference {reference!r} names another transaction already: use a new reference for a new fact",
        metadata={"reference": reference},
    )


def _post(books: Books, request: PostRequest, digest: bytes) -> Posted:
    effect = EFFECTS[request.kind]
    moves = moves_of(books, request)
    before = {
        account.account.code: (account.version, account.available_minor) for _, *pair, _ in moves for account in pair
    }
    first_entry = len(books.entries)
    for index, debit, credit, amount in moves:
        books.write(debit, (request.transaction_id, index), Side.DEBIT, effect, amount)
        books.write(credit, (request.transaction_id, index), Side.CREDIT, effect, amount)
    refuse_while_owing(books, request, before)
    settle(books, request, before)
    check_after(books, request, before)
    follow_target(books, request, moves)
    transaction = Transaction(
        id=request.transaction_id,
        reference=request.reference,
        kind=request.kind,
        target_id=request.target_id,
        effective_time=request.effective_time or original_time(books, request) or books.record_time,
        record_time=books.record_time,
        expire_time=request.expire_time,
        description=request.description,
        metadata=request.metadata,
        actor=request.actor,
        request_id=request.request_id,
        digest=digest,
    )
    books.record(transaction)
    return Posted(transaction, tuple(books.entries[first_entry:]), books.by_id)
