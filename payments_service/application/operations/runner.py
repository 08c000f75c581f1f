"""The three phases of a mutating call to Stripe.

1. One transaction claims the idempotency key and stores the exact request.
2. The request is sent with no transaction open.
3. One transaction stores what came of it: our objects, the reply, the end of the operation.

What happens in between is safe: until phase 1 commits nothing exists, and after it the completer finishes whatever the
process did not. Handler and completer may both come to phase 3; the operation's state decides who was first.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from payments_service.application import failpoints
from payments_service.application.background import Background
from payments_service.application.caller import IdempotentRequest
from payments_service.application.idempotency import (
    RETRY_UNKNOWN_MS,
    Completed,
    claim_digest,
    claim_key,
    in_progress,
    is_final,
    raise_stored,
)
from payments_service.application.operations.kind import Applied, OperationKind
from payments_service.application.operations.model import (
    Answered,
    NotExecuted,
    Operation,
    OperationState,
    Outcome,
    Refused,
    StaleAnswerError,
    StripeCall,
    Unknown,
)
from payments_service.application.ports import ReplyCodec, StoredOutcome, Transactions, UnitOfWork
from payments_service.application.stripe import Stripe
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.observability.work_metrics import OPERATIONS_TOTAL

LOOKS_MAX = 5
"""How often an answer that was overtaken is looked up again before the completer takes over."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What phase 1 decided: the object it is about and the request to send."""

    object_id: UUID
    call: StripeCall


@dataclass(frozen=True, slots=True)
class _Stored:
    """The outcome of an earlier call with the same key."""

    operation_id: UUID
    outcome: StoredOutcome


Plan = Callable[[UnitOfWork, UUID, datetime], Awaitable[Planned]]
"""Phase 1 of a use case: given the new operation's id and the time, check, store our object, say what to send."""


class OperationRunner:
    """Runs mutating calls to Stripe for the use cases, and finishes them for the completer."""

    def __init__(
        self,
        transactions: Transactions,
        stripe: Stripe,
        codec: ReplyCodec,
        kinds: Mapping[str, OperationKind],
        background: Background,
        lease: timedelta,
    ) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._codec = codec
        self._kinds = kinds
        self._background = background
        self._lease = lease

    async def run(self, request: IdempotentRequest, owner_id: str, kind: str, plan: Plan) -> Completed:
        """Run one call to its outcome, or give the stored one of an earlier call with the same key.

        A caller that goes away or runs out of time does not stop it: the work goes on and its outcome is stored.

        Raises:
            PaymentsError: IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS, OUTCOME_UNKNOWN, STRIPE_UNAVAILABLE, what `plan`
                raises, and the final errors of the operation.
        """
        work = self._background.start(self._run(request, owner_id, kind, plan))
        return await asyncio.shield(work)

    async def _run(self, request: IdempotentRequest, owner_id: str, kind: str, plan: Plan) -> Completed:
        digest = claim_digest(request, owner_id)
        operation_id = new_id()
        leased = time.monotonic()
        begun = await self._transactions.run(
            lambda unit: self._begin(unit, request, digest, operation_id, kind, plan),
        )
        if isinstance(begun, _Stored):
            return await self._replay(begun)
        failpoints.reached(failpoints.AFTER_CLAIM, kind)
        if isinstance(begun, PaymentsError):
            raise begun
        outcome = await self._send(begun, leased)
        failpoints.reached(failpoints.AFTER_STRIPE, kind)
        completed = await self.finish(begun, outcome)
        failpoints.reached(failpoints.AFTER_COMMIT, kind)
        return completed

    async def _send(self, operation: Operation, leased: float) -> Outcome:
        """Phase 2, unless this process was stopped for so long that others may rely on it not to send any more."""
        if time.monotonic() - leased > self._lease.total_seconds():
            return NotExecuted("it was not begun in time")
        return await self._stripe.send(operation.call, format_id(Prefix.OPERATION, operation.id))

    async def _begin(
        self, unit: UnitOfWork, request: IdempotentRequest, digest: bytes, operation_id: UUID, kind: str, plan: Plan
    ) -> "Operation | _Stored | PaymentsError":
        """Phase 1: what to send, or the outcome of an earlier call, or the final error that was just stored."""
        claim = await claim_key(unit, request, digest, operation_id)
        if claim.outcome is not None:
            return _Stored(claim.operation_id, claim.outcome)
        now = claim.time
        existing = None if claim.is_new else await unit.operations.get(claim.operation_id)
        if existing is not None and claim.operation_id == operation_id:
            return existing  # this very phase had committed, and only the answer to its COMMIT was lost
        if existing is not None:
            raise in_progress(existing.id) if now < existing.lease_until else _unknown(existing.id)
        try:
            planned = await plan(unit, operation_id, now)
        except PaymentsError as error:
            if not is_final(error):
                raise
            await unit.idempotency.complete(digest, StoredOutcome(error=error))
            return error
        operation = Operation(
            id=operation_id,
            kind=kind,
            object_id=planned.object_id,
            claim=digest,
            method=request.method,
            request_id=request.request_id,
            call=planned.call,
            state=OperationState.IN_PROGRESS,
            create_time=now,
            execute_until=now + self._kinds[kind].execute_for,
            lease_until=now + self._lease,
            next_attempt_time=now + self._lease,
        )
        await unit.operations.add(operation)
        failpoints.reached(failpoints.BEFORE_CLAIM, kind)
        return operation

    async def finish(self, operation: Operation, outcome: Outcome, *, fresh: bool = True) -> Completed:
        """Phase 3: store what came of it.

        Args:
            operation: the operation.
            outcome: what sending it, or looking it up, showed.
            fresh: whether this was the first time that it was sent, so that NotExecuted means never.

        Raises:
            PaymentsError: the final error, or OUTCOME_UNKNOWN.
        """
        match outcome:
            case Unknown(why):
                await self._transactions.run(lambda unit: self._postpone(unit, operation, why))
                raise _unknown(operation.id)
            case NotExecuted(why) if not fresh:
                await self._transactions.run(lambda unit: self._postpone(unit, operation, why))
                raise _unknown(operation.id)
            case Refused(error=refusal, unread=True) if not fresh:
                await self._transactions.run(lambda unit: self._postpone(unit, operation, refusal.message))
                raise _unknown(operation.id)
            case Refused(error=refusal, unread=True):
                # Not stored: once the operator has mended the API key, a repeat is to begin afresh.
                if not await self._transactions.run(lambda unit: self.abandon(unit, operation, refusal.message)):
                    raise _unknown(operation.id)
                OPERATIONS_TOTAL.labels(operation.kind, "not_executed").inc()
                raise refusal
            case NotExecuted(why, retry_after_ms):
                if not await self._transactions.run(lambda unit: self.abandon(unit, operation, why)):
                    raise _unknown(operation.id)
                OPERATIONS_TOTAL.labels(operation.kind, "not_executed").inc()
                raise PaymentsError(
                    Reason.STRIPE_UNAVAILABLE,
                    f"Stripe did not take the request ({why}): nothing happened and nothing will; try again later",
                    retry_after_ms=retry_after_ms,
                )
            case Answered() | Refused() as final:
                return await self._finish(operation, final)

    async def _finish(self, operation: Operation, outcome: Answered | Refused) -> Completed:
        try:
            applied = await self._apply_fresh(operation, outcome)
        except StaleAnswerError:
            why = "its answer was overtaken by other news of the same object, and no newer one was to be had"
            await self._transactions.run(lambda unit: self._postpone(unit, operation, why))
            raise _unknown(operation.id) from None
        OPERATIONS_TOTAL.labels(operation.kind, "refused" if applied.error else "done").inc()
        if applied.error is not None:
            raise applied.error
        if not isinstance(applied.result, bytes):
            raise TypeError(f"operation {operation.id} ended without a reply")
        return Completed(applied.result, replayed=False, client_secret=applied.client_secret)

    async def _apply_fresh(self, operation: Operation, outcome: Answered | Refused) -> Applied:
        """Apply the outcome; where news of the same object came in between, look again first, a few times at most.

        Raises:
            StaleAnswerError: it kept happening, or Stripe did not answer when asked again.
        """
        for _ in range(LOOKS_MAX):
            try:
                return await self._transactions.run(partial(self._apply, operation=operation, outcome=outcome))
            except StaleAnswerError:
                try:
                    outcome = await self._kinds[operation.kind].look_again(operation, outcome)
                except PaymentsError as error:
                    raise StaleAnswerError from error
        raise StaleAnswerError

    async def _apply(self, unit: UnitOfWork, operation: Operation, outcome: Answered | Refused) -> Applied:
        current, now = await unit.operations.lock(operation.id)
        if current.state is not OperationState.IN_PROGRESS:
            stored = await unit.idempotency.outcome(operation.claim)
            if stored is None:
                return Applied(error=_unknown(operation.id))
            secret = str(outcome.body.get("client_secret") or "") if isinstance(outcome, Answered) else ""
            return Applied(result=stored.reply, error=stored.error, client_secret=secret)
        applied = await self._kinds[operation.kind].apply(unit, operation, outcome, now)
        reply = None if applied.error else self._codec.encode(operation.method, applied.result)
        await unit.idempotency.complete(operation.claim, StoredOutcome(reply=reply, error=applied.error))
        await unit.operations.finish(operation.id, OperationState.DONE if reply is not None else OperationState.FAILED)
        failpoints.reached(failpoints.BEFORE_COMMIT, operation.kind)
        return Applied(result=reply, error=applied.error, client_secret=applied.client_secret)

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str) -> bool:
        """End an operation of which it is certain that it has no effect, and free its key for a fresh start.

        Returns:
            Whether that is done. It is not when somebody else has taken the operation over or ended it: then only they
            know whether it was sent.
        """
        current, now = await unit.operations.lock(operation.id)
        if current.state is not OperationState.IN_PROGRESS or current.attempts != operation.attempts:
            return False
        await self._kinds[operation.kind].abandon(unit, operation, why, now)
        await unit.operations.finish(operation.id, OperationState.FAILED, why)
        await unit.idempotency.release(operation.claim)
        return True

    async def _postpone(self, unit: UnitOfWork, operation: Operation, why: str) -> None:
        OPERATIONS_TOTAL.labels(operation.kind, "unknown").inc()
        seconds = min(300, 2 ** min(operation.attempts, 8))
        await unit.operations.postpone(operation.id, await unit.now() + timedelta(seconds=seconds), why)

    async def _replay(self, stored: "_Stored") -> Completed:
        raise_stored(stored.outcome)
        operation = await self._transactions.run(lambda unit: unit.operations.get(stored.operation_id))
        try:
            secret = await self._kinds[operation.kind].client_secret(operation) if operation else ""
        except PaymentsError as error:
            # Not as an error of Stripe's: those say that nothing happened, and this call has been answered before.
            raise _unknown(stored.operation_id) from error
        return Completed(stored.outcome.reply or b"", replayed=True, client_secret=secret)


def _unknown(operation_id: UUID) -> PaymentsError:
    return PaymentsError(
        Reason.OUTCOME_UNKNOWN,
        "Stripe was asked and its answer did not arrive: retry with the same key to learn the outcome",
        metadata={"operation_id": format_id(Prefix.OPERATION, operation_id)},
        retry_after_ms=RETRY_UNKNOWN_MS,
    )
