"""Posting for callers: one transaction or a batch, for good or only to see what would come of it."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.ledger.drafts import Draft, Drafted
from payments_service.application.ledger.group_commit import GroupCommit
from payments_service.application.ledger.posting import Answer, PostResult, preview
from payments_service.application.ledger.requests import Asked
from payments_service.application.ports import ReplyCodec, Transactions
from payments_service.domain.errors import PaymentsError, invalid
from payments_service.domain.value_object import value_object


@value_object
class BatchResult:
    """What became of each item of a batch: posted, or why not."""

    outcomes: tuple[Answer, ...]


class PostTransactions:
    """PostTransaction, BatchPostTransactions, PostPendingTransaction, VoidPendingTransaction and ReverseTransaction."""

    def __init__(self, transactions: Transactions, commit: GroupCommit, codec: ReplyCodec) -> None:
        self._transactions = transactions
        self._commit = commit
        self._codec = codec

    async def one(
        self, principal: Principal, request: IdempotentRequest, draft: Draft, *, dry_run: bool = False
    ) -> Completed:
        """Post one transaction.

        Raises:
            PaymentsError: as the API says of the RPC.
        """
        return await self._run(principal, request, [draft], _single, dry_run=dry_run)

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
            PaymentsError: REQUEST_INVALID for an atomic group in pieces, IDEMPOTENCY_KEY_REUSED, OVERLOADED.
        """
        _check_groups(drafts)
        return await self._run(principal, request, drafts, _whole, dry_run=dry_run)

    async def _run(
        self,
        principal: Principal,
        request: IdempotentRequest,
        drafts: Sequence[Drafted],
        result: Callable[[Sequence[Answer]], object],
        *,
        dry_run: bool,
    ) -> Completed:
        asked = Asked.of(principal, request.request_id, drafts)
        if not dry_run:
            return await self._commit.run(request, asked, result)
        answers = await self._transactions.run(partial(preview, asked=asked))
        return Completed(self._codec.encode(request.method, result(answers)), replayed=False)


def _single(answers: Sequence[Answer]) -> PostResult:
    """The result of a call with one draft."""
    (answer,) = answers
    if isinstance(answer, PaymentsError):
        raise answer
    return answer


def _whole(answers: Sequence[Answer]) -> BatchResult:
    """The result of a batch."""
    return BatchResult(tuple(answers))


def _check_groups(drafts: Sequence[Drafted]) -> None:
    """Refuse a batch with an atomic group whose items do not stand next to each other."""
    seen: set[str] = set()
    for group, _ in groupby(draft.atomic_group for draft in drafts):
        if group and group in seen:
            raise invalid("items", f"those of atomic group {group!r} must stand next to each other: put them together")
        seen.add(group)
