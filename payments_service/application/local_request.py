"""Mutating requests that need nothing but our own database: one transaction does all of it.

The key is claimed, the change is made and the reply is stored in that one transaction, so either all of it happened or
none. A concurrent copy waits at the key for the first one to commit, and gets its reply.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from payments_service.application.background import Background
from payments_service.application.caller import IdempotentRequest
from payments_service.application.idempotency import (
    Completed,
    claim_digest,
    claim_key,
    in_progress,
    is_final,
    raise_stored,
)
from payments_service.application.ports import ReplyCodec, StoredOutcome, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import new_id

Work = Callable[[UnitOfWork], Awaitable[object]]
"""The change itself; gives the result that the reply is made of. It may be run again, after a rollback."""


class LocalRequests:
    """Runs mutating requests that make no call to Stripe."""

    def __init__(self, transactions: Transactions, codec: ReplyCodec, background: Background) -> None:
        self._transactions = transactions
        self._codec = codec
        self._background = background

    async def run(self, request: IdempotentRequest, owner_id: str, work: Work) -> Completed:
        """Do `work` once, or give the stored outcome of an earlier call with the same key.

        A caller that goes away or runs out of time does not stop it. Whoever calls this has checked already that the
        caller may: a stored reply is given without asking again.

        Args:
            request: the request; its method must be one that the codec knows.
            owner_id: the acting owner, part of what identifies the key.
            work: the change. When it raises nothing of it is kept; FAILED_PRECONDITION is stored as the final outcome.

        Raises:
            PaymentsError: IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS, and what `work` raises.
        """
        task = self._background.start(self._run(request, owner_id, work))
        return await asyncio.shield(task)

    async def _run(self, request: IdempotentRequest, owner_id: str, work: Work) -> Completed:
        digest = claim_digest(request, owner_id)
        attempt_id = new_id()
        try:
            return await self._transactions.run(lambda unit: self._do(unit, request, digest, attempt_id, work))
        except PaymentsError as error:
            if error.replayed or not is_final(error):
                raise
            refusal = error
        # What the work had written before it was refused is rolled back by now; only the refusal is kept.
        stored = await self._transactions.run(lambda unit: self._refuse(unit, request, digest, attempt_id, refusal))
        if stored is None:
            raise refusal
        return stored

    async def _do(
        self, unit: UnitOfWork, request: IdempotentRequest, digest: bytes, attempt_id: UUID, work: Work
    ) -> Completed:
        """Claim, change, store the reply; or the outcome of an earlier call."""
        earlier = await self._earlier(unit, request, digest, attempt_id)
        if earlier is not None:
            return earlier
        reply = self._codec.encode(request.method, await work(unit))
        await unit.idempotency.complete(digest, StoredOutcome(reply=reply))
        return Completed(reply, replayed=False)

    async def _refuse(
        self, unit: UnitOfWork, request: IdempotentRequest, digest: bytes, attempt_id: UUID, refusal: PaymentsError
    ) -> Completed | None:
        """Store a final error, unless a concurrent copy of the request has stored its outcome in between."""
        earlier = await self._earlier(unit, request, digest, attempt_id)
        if earlier is None:
            await unit.idempotency.complete(digest, StoredOutcome(error=refusal))
        return earlier

    async def _earlier(
        self, unit: UnitOfWork, request: IdempotentRequest, digest: bytes, attempt_id: UUID
    ) -> Completed | None:
        """The outcome that the key has already; None when it was claimed just now."""
        claim = await claim_key(unit, request, digest, attempt_id)
        if claim.outcome is not None:
            # An attempt that had committed, and lost only the answer to its COMMIT, finds its own outcome here.
            replayed = claim.operation_id != attempt_id
            raise_stored(claim.outcome, replayed=replayed)
            return Completed(claim.outcome.reply or b"", replayed)
        if not claim.is_new:
            raise in_progress(claim.operation_id)
        return None
