"""Verifications that workers make: asked for by RPC, stored with how far they have come, taken up again by anybody."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.events.read import require_operator
from payments_service.application.idempotency import Completed
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.verification.model import (
    CheckResult,
    Finding,
    Run,
    Stretch,
    chosen,
    continued,
)
from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, new_id, parse_id
from payments_service.observability.work_metrics import VERIFICATION_FINDINGS, VERIFICATION_LAST_SUCCESS

_log = structlog.get_logger(__name__)


class Verifications:
    """StartVerification and GetVerification."""

    def __init__(self, transactions: Transactions, requests: LocalRequests) -> None:
        self._transactions = transactions
        self._requests = requests

    async def start(self, principal: Principal, request: IdempotentRequest, checks: Sequence[str]) -> Completed:
        """Store a run for workers to make.

        Raises:
            PaymentsError: SCOPE_MISSING, REQUEST_INVALID, IDEMPOTENCY_KEY_REUSED.
        """
        require_operator(principal)

        async def work(unit: UnitOfWork) -> Run:
            try:
                names = chosen(unit.verification.checks, checks)
            except ValueError as error:
                raise invalid("checks", str(error)) from None
            results = [CheckResult(name) for name in names]
            run = Run(new_id(), results, create_time=await unit.now(), actor=principal.subject)
            await unit.verification.add(run)
            return run

        return await self._requests.run(request, "", work)

    async def get(self, principal: Principal, name: str) -> Run:
        """A run as far as it has come.

        Raises:
            PaymentsError: SCOPE_MISSING, VERIFICATION_NOT_FOUND.
        """
        require_operator(principal)
        parsed = parse_id(Prefix.VERIFICATION, name)
        run = await self._transactions.run(lambda unit: unit.verification.get(parsed)) if parsed else None
        if run is None:
            raise PaymentsError(Reason.VERIFICATION_NOT_FOUND, f"no verification {name!r}: check the id")
        return run


class MakeVerifications:
    """The verification worker's use case: a stretch of one run a round.

    The lock on the run is the lease, and lasts for one stretch: whoever dies leaves the run where the last one ended.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def run_once(self) -> int:
        """Make the next stretch of the oldest run; returns whether there was one."""
        at_hand: list[UUID] = []
        try:
            run = await self._transactions.run(lambda unit: _step(unit, at_hand))
        except PaymentsError:
            raise
        except Exception as error:  # a check that cannot be made must not keep the others from being made
            if not at_hand:
                raise
            _log.exception("verification.check_failed")
            why = type(error).__name__
            run = await self._transactions.run(lambda unit: _give_up(unit, at_hand[-1], why))
        if run is not None and run.done:
            findings = sum(len(result.findings) for result in run.results)
            VERIFICATION_FINDINGS.set(findings)
            if not findings:
                VERIFICATION_LAST_SUCCESS.set_to_current_time()
            tell = _log.error if findings else _log.info
            tell("verification.done", run_id=str(run.id), findings=findings)
        return 0 if run is None else 1


async def _step(unit: UnitOfWork, at_hand: list[UUID]) -> Run | None:
    run = await unit.verification.lock_next()
    if run is None:
        return None
    at_hand.append(run.id)
    stretch = await unit.verification.look(run.check.check, run.position)
    return await _store(unit, run, stretch)


async def _give_up(unit: UnitOfWork, run_id: UUID, why: str) -> Run | None:
    """Go on with the next check, with a finding that says that this one could not be made."""
    run = await unit.verification.lock_next()
    if run is None or run.id != run_id:
        return None
    name = run.check.check
    return await _store(unit, run, Stretch(findings=(Finding(name, "", f"the check could not be made: {why}"),)))


async def _store(unit: UnitOfWork, run: Run, stretch: Stretch) -> Run:
    run = continued(run, stretch, await unit.now())
    await unit.verification.save(run)
    return run
