"""What an owner owes: facts that take more than there was go to a receivable, and what comes in settles it first.

A transaction keeps the postings that it was asked for, whatever they do to a wallet or payable. Then the ledger adds
a posting of its own: what is missing is moved to the receivable, or what is there is taken to pay it. So what stands in
the end depends on the sum of the facts and not on their order, each fact stays one transaction, and a reversal moves
back what was asked for and settles anew by itself.

Source: `design/ledger.md`, rule 5; docs/decisions/0020.
"""

from collections.abc import Mapping

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ledger.account import Side
from payments_service.domain.ledger.books import Books, RunningAccount
from payments_service.domain.ledger.transaction import EFFECTS, SETTLING_INDEX_FIRST, Effect, PostRequest

Before = Mapping[str, tuple[int, int]]
"""The accounts of a request by code: their version and their available balance before it."""


def refuse_while_owing(books: Books, request: PostRequest, before: Before) -> None:
    """Refuse a request that takes from an account whose owner owes something; what it brings is welcome.

    Raises:
        PaymentsError: INSUFFICIENT_FUNDS.
    """
    if not books.has_receivables or request.forced or EFFECTS[request.kind] is Effect.RELEASED:
        return
    for code, (_, available_before) in before.items():
        running = books.accounts[code]
        owed = running.receivable.posted_minor if running.receivable else 0
        if owed > 0 and running.available_minor < available_before:
            raise PaymentsError(
                Reason.INSUFFICIENT_FUNDS,
                f"ledger account {code!r} owes {owed} {running.account.currency} (minor units): nothing can be taken "
                "from it until that is settled",
                metadata={"code": code, "available_minor": str(available_before), "receivable_minor": str(owed)},
            )


def settle(books: Books, request: PostRequest, touched: Before) -> None:
    """Move what the accounts of a request lack to their receivables, or pay these from what the accounts have."""
    if not books.has_receivables:
        return
    index = SETTLING_INDEX_FIRST
    for code in touched:
        running = books.accounts[code]
        receivable = running.receivable
        if receivable is None:
            continue
        spare = running.available_minor - (running.account.floor_minor or 0)
        if spare < 0 and request.forced:
            _move(books, (request, index), receivable, running, -spare)
            index += 1
        elif spare > 0 and receivable.posted_minor > 0:
            _move(books, (request, index), running, receivable, min(spare, receivable.posted_minor))
            index += 1


def _move(
    books: Books, which: tuple[PostRequest, int], debit: RunningAccount, credit: RunningAccount, amount: int
) -> None:
    request, index = which
    books.write(debit, (request.transaction_id, index), Side.DEBIT, Effect.POSTED, amount)
    books.write(credit, (request.transaction_id, index), Side.CREDIT, Effect.POSTED, amount)
