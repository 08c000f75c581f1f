"""Finishes operations whose outcome nobody has stored: the process died, or Stripe did not answer."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog

from payments_service.application import failpoints
from payments_service.application.operations.kind import OperationKind
from payments_service.application.operations.model import Answered, Operation, Unknown
from payments_service.application.operations.runner import OperationRunner
from payments_service.application.ports import Transactions
from payments_service.application.stripe import Stripe
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id

BATCH_MAX = 20
"""Operations leased at once: each is one call to Stripe."""

_log = structlog.get_logger(__name__)


class Completer:
    """Repeats an operation with the same key and parameters until `execute_until`; after that it only looks it up."""

    def __init__(
        self,
        transactions: Transactions,
        stripe: Stripe,
        kinds: Mapping[str, OperationKind],
        runner: OperationRunner,
        lease: timedelta,
    ) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._kinds = kinds
        self._runner = runner
        self._lease = lease

    async def run_once(self) -> int:
        """Work on the operations that are due; returns how many there were."""
        leased = time.monotonic()
        due = await self._transactions.run(
            lambda unit: unit.operations.lease_due(BATCH_MAX, self._lease.total_seconds()),
        )
        await asyncio.gather(*(self._complete(operation, leased) for operation in due))
        return len(due)

    async def _complete(self, operation: Operation, leased: float) -> None:
        log = _log.bind(operation_id=format_id(Prefix.OPERATION, operation.id), kind=operation.kind)
        try:
            # The lease was just taken, so it tells the time by the database's clock. What could still be under way
            # when `execute_until` comes is not sent: a call begins within one lease, and ends within another.
            if operation.lease_until + self._lease < operation.execute_until:
                if time.monotonic() - leased > self._lease.total_seconds():
                    return
                await self._repeat(operation)
            elif operation.lease_until - self._lease >= operation.execute_until:
                await self._look_up(operation)
            else:
                return
        except PaymentsError as error:
            # Not known yet, or final: stored either way. An operation whose lookup failed is due when its lease ends.
            log.info("operation.completed", outcome=error.reason.value, attempts=operation.attempts)
        else:
            log.info("operation.completed", outcome="OK", attempts=operation.attempts)

    async def _repeat(self, operation: Operation) -> None:
        outcome = await self._stripe.send(operation.call, format_id(Prefix.OPERATION, operation.id))
        failpoints.reached(failpoints.COMPLETER_AFTER_STRIPE, operation.kind)
        if isinstance(outcome, Unknown):
            # Stripe answers a key for ever with what it answered first, also with a 500 that came after the effect.
            # The object shows what the answer does not.
            body = await self._kinds[operation.kind].look_up(operation)
            outcome = Answered(body) if body is not None else outcome
        await self._runner.finish(operation, outcome, fresh=False)

    async def _look_up(self, operation: Operation) -> None:
        body = await self._kinds[operation.kind].look_up(operation)
        if body is not None:
            await self._runner.finish(operation, Answered(body), fresh=False)
        else:
            why = "Stripe has no trace of it after the time in which it could be sent"
            await self._transactions.run(lambda unit: self._runner.abandon(unit, operation, why))
