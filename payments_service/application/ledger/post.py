"""Posting for callers: one transaction or a batch, for good or only to see what would come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from uuid import UUID

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.ledger.drafts import Draft, Drafted
from payments_service.application.ledger.requests import Asked, Requested, requests_for
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import ReplyCodec, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, invalid
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.outcome import Existing, Outcome, Posted, Refused, balances_after, refused_together
from payments_service.domain.ledger.transaction import PostRequest, Transaction
from payments_service.domain.ledger.transaction_view import TransactionView, view_of
from payments_service.domain.ledger.views import Balance


@dataclass(frozen=True, slots=True)
class PostResult:
    """A transaction that was posted, or was there already.

    Attributes:
        view: the transaction; in a dry run as it would be.
        balances: the balances right after it of the accounts that it touched.
        duplicate: whether it was there already.
        dry_run: whether nothing was posted.
    """

    view: TransactionView
    balances: tuple[Balance, ...]
    duplicate: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of each item of a batch: posted, or why not."""

    outcomes: tuple[PostResult | PaymentsError, ...]


class PostTransactions:
    """PostTransaction, BatchPostTransactions, PostPendingTransaction, VoidPendingTransaction and ReverseTransaction."""

    def __init__(self, transactions: Transactions, requests: LocalRequests, codec: ReplyCodec) -> None:
        self._transactions = transactions
        self._requests = requests
        self._codec = codec

    async def one(
        self, principal: Principal, request: IdempotentRequest, draft: Draft, *, dry_run: bool = False
    ) -> Completed:
        """Post one transaction.

        Raises:
            PaymentsError: as the API says of the RPC.
        """

        def single(outcomes: Sequence[PostResult | PaymentsError]) -> PostResult:
            (outcome,) = outcomes
            if isinstance(outcome, PaymentsError):
                raise outcome
            return outcome

        return await self._run(principal, request, [draft], single, dry_run=dry_run)

    async def batch(
        self, principal: Principal, request: IdempotentRequest, drafts: Sequence[Drafted], *, dry_run: bool = False
    ) -> Completed:
        """Post a batch in order; what is wrong with an item is its outcome.

        Args:
            principal: the caller.
            request: of the whole batch.
            drafts: the items.
            dry_run: post nothing.

        Raises:
            PaymentsError: REQUEST_INVALID for an atomic group in pieces, IDEMPOTENCY_KEY_REUSED.
        """
        _check_groups(drafts)
        return await self._run(
            principal, request, drafts, lambda outcomes: BatchResult(tuple(outcomes)), dry_run=dry_run
        )

    async def _run(
        self,
        principal: Principal,
        request: IdempotentRequest,
        drafts: Sequence[Drafted],
        result: Callable[[Sequence[PostResult | PaymentsError]], object],
        *,
        dry_run: bool,
    ) -> Completed:
        groups = {draft.atomic_group for draft in drafts} - {""}
        asked = Asked(principal, request.request_id, {group: new_id() for group in groups})
        # Chosen once, so that whatever is run again posts the same transactions.
        ids = [new_id() for _ in drafts]

        async def work(unit: UnitOfWork) -> object:
            return result(await _post(unit, asked, drafts, ids, dry_run=dry_run))

        if dry_run:
            return Completed(self._codec.encode(request.method, await self._transactions.run(work)), replayed=False)
        return await self._requests.run(request, principal.key_scope, work)


async def _post(
    unit: UnitOfWork, asked: Asked, drafts: Sequence[Drafted], ids: Sequence[UUID], *, dry_run: bool
) -> list[PostResult | PaymentsError]:
    requested = _whole_groups(await requests_for(unit, asked, drafts, ids), drafts)
    requests = [one for one in requested if isinstance(one, PostRequest)]
    ledger = unit.ledger
    outcomes = await (ledger.decide(requests) if dry_run else ledger.post(requests))
    results = iter(await _results(unit, outcomes, dry_run=dry_run))
    return [one if isinstance(one, PaymentsError) else next(results) for one in requested]


def _check_groups(drafts: Sequence[Drafted]) -> None:
    """Refuse a batch with an atomic group whose items do not stand next to each other."""
    seen: set[str] = set()
    for group, _ in groupby(draft.atomic_group for draft in drafts):
        if group and group in seen:
            raise invalid("items", f"those of atomic group {group!r} must stand next to each other: put them together")
        seen.add(group)


def _whole_groups(requested: Sequence[Requested], drafts: Sequence[Drafted]) -> list[Requested]:
    """Nothing of an atomic group is asked of the ledger when one of its items has been refused already."""
    refused: dict[str, PaymentsError] = {}
    for one, draft in zip(requested, drafts, strict=True):
        if isinstance(one, PaymentsError) and draft.atomic_group and draft.atomic_group not in refused:
            name = draft.reference if isinstance(draft, Draft) else ""
            refused[draft.atomic_group] = refused_together(one, name).error
    return [
        refused.get(draft.atomic_group, one) if isinstance(one, PostRequest) else one
        for one, draft in zip(requested, drafts, strict=True)
    ]


async def _results(unit: UnitOfWork, outcomes: Sequence[Outcome], *, dry_run: bool) -> list[PostResult | PaymentsError]:
    """What callers are told of outcomes."""
    posted = {
        outcome.transaction.id: PostResult(
            view_of(outcome.transaction, outcome.sides, (), outcome.transaction.record_time),
            outcome.balances,
            dry_run=dry_run,
        )
        for outcome in outcomes
        if isinstance(outcome, Posted)
    }
    others = [outcome.transaction for outcome in outcomes if isinstance(outcome, Existing)]
    known = await _known(unit, [transaction for transaction in others if transaction.id not in posted])
    results: list[PostResult | PaymentsError] = []
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            results.append(outcome.error)
        elif isinstance(outcome, Posted):
            results.append(posted[outcome.transaction.id])
        else:
            found = posted.get(outcome.transaction.id) or known[outcome.transaction.id]
            results.append(replace(found, duplicate=True))
    return results


async def _known(unit: UnitOfWork, transactions: Sequence[Transaction]) -> dict[UUID, PostResult]:
    """Transactions of earlier calls, with what has become of them and the balances that they left."""
    if not transactions:
        return {}
    entries = await unit.ledger_transactions.entries([transaction.id for transaction in transactions])
    return {
        view.transaction.id: PostResult(view, balances_after(entries[view.transaction.id]))
        for view in await unit.ledger_transactions.views(transactions)
    }
