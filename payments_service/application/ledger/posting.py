"""From what calls ask for to requests to the ledger, and from its outcomes to answers; many calls at once."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from payments_service.application.ledger.drafts import Draft, Drafted
from payments_service.application.ledger.ports import LedgerLookups
from payments_service.application.ledger.requests import Asked, Requested, requests_for
from payments_service.application.ports import UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ledger.account import Account
from payments_service.domain.ledger.outcome import Existing, Outcome, Posted, Refused, accounts_after, refused_together
from payments_service.domain.ledger.transaction import PostRequest, Transaction
from payments_service.domain.ledger.transaction_view import TransactionView, view_of
from payments_service.domain.value_object import value_object


@value_object
class PostResult:
    """A transaction that was posted, or was there already.

    Attributes:
        view: the transaction; in a dry run as it would be.
        accounts: the accounts that it touched, as they were right after it.
        duplicate: whether it was there already.
        dry_run: whether nothing was posted.
    """

    view: TransactionView
    accounts: tuple[Account, ...]
    duplicate: bool = False
    dry_run: bool = False


Answer = PostResult | PaymentsError
"""What became of one draft."""


async def preview(unit: UnitOfWork, asked: Asked) -> list[Answer]:
    """What would become of each draft of a call if it were posted now; nothing is."""
    requested = await requested_by(unit, [asked])
    outcomes = await unit.ledger.decide(wanted(requested))
    (answers,) = await answers_of(unit, requested, outcomes, dry_run=True)
    return answers


async def requested_by(known: LedgerLookups, calls: Sequence[Asked]) -> list[list[Requested]]:
    """What each call asks of the ledger, draft by draft, or why a draft is not asked."""
    return [
        _whole_groups(requests, call.drafts)
        for requests, call in zip(await requests_for(known, calls), calls, strict=True)
    ]


def wanted(requested: Sequence[Sequence[Requested]]) -> list[PostRequest]:
    """What is asked of the ledger, of all calls together."""
    return [one for of_call in requested for one in of_call if isinstance(one, PostRequest)]


async def answers_of(
    known: LedgerLookups,
    requested: Sequence[Sequence[Requested]],
    outcomes: Sequence[Outcome],
    *,
    dry_run: bool = False,
) -> list[list[Answer]]:
    """What became of each draft of each call, by the outcomes of what was asked of the ledger.

    Args:
        known: where earlier transactions are looked up.
        requested: by call.
        outcomes: one for each request in them, in order.
        dry_run: whether nothing was posted.
    """
    results = iter(await _results(known, outcomes, dry_run=dry_run))
    return [[one if isinstance(one, PaymentsError) else next(results) for one in of_call] for of_call in requested]


def _whole_groups(requested: Sequence[Requested], drafts: Sequence[Drafted]) -> list[Requested]:
    """Nothing of an atomic group is asked of the ledger when one of its items has been refused already."""
    if not any(draft.atomic_group for draft in drafts):
        return list(requested)
    refused: dict[str, PaymentsError] = {}
    for one, draft in zip(requested, drafts, strict=True):
        if isinstance(one, PaymentsError) and draft.atomic_group and draft.atomic_group not in refused:
            name = draft.reference if isinstance(draft, Draft) else ""
            refused[draft.atomic_group] = refused_together(one, name).error
    return [
        refused.get(draft.atomic_group, one) if isinstance(one, PostRequest) else one
        for one, draft in zip(requested, drafts, strict=True)
    ]


async def _results(known: LedgerLookups, outcomes: Sequence[Outcome], *, dry_run: bool) -> list[Answer]:
    """What callers are told of outcomes."""
    posted = {
        outcome.transaction.id: PostResult(
            view_of(outcome.transaction, outcome.sides, (), outcome.transaction.record_time),
            outcome.accounts_after,
            dry_run=dry_run,
        )
        for outcome in outcomes
        if isinstance(outcome, Posted)
    }
    others = [outcome.transaction for outcome in outcomes if isinstance(outcome, Existing)]
    earlier = await _known(known, [transaction for transaction in others if transaction.id not in posted])
    results: list[Answer] = []
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            results.append(outcome.error)
        elif isinstance(outcome, Posted):
            results.append(posted[outcome.transaction.id])
        else:
            found = posted.get(outcome.transaction.id) or earlier[outcome.transaction.id]
            results.append(replace(found, duplicate=True))
    return results


async def _known(known: LedgerLookups, transactions: Sequence[Transaction]) -> dict[UUID, PostResult]:
    """Transactions of earlier calls, with what has become of them and the balances that they left."""
    if not transactions:
        return {}
    entries = await known.ledger_transactions.entries([transaction.id for transaction in transactions])
    return {
        view.transaction.id: PostResult(view, accounts_after(entries[view.transaction.id]))
        for view in await known.ledger_transactions.views(transactions)
    }
