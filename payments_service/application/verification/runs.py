"""Verifications that workers make: asked for by RPC, stored with how far they have come, taken up again by anybody."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.events.read import require_operator
from payments_service.application.idempotency import Completed
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.verification.mirrors import MirrorCheck
from payments_service.application.verification.model import (
    CheckResult,
    Finding,
    Run,
    Stretch,
    by_invariant,
    chosen,
    continued,
)
from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, new_id, parse_id
from payments_service.observability.work_metrics import VERIFICATION_FINDINGS, VERIFICATION_LAST_SUCCESS

_log = structlog.get_logger(__name__)


class Verifications:
    """StartVerification and GetVerification."""

    def __init__(self, transactions: Transactions, requests: LocalRequests, mirrors: MirrorCheck) -> None:
        self._transactions = transactions
        self._requests = requests
        self._mirrors = mirrors

    async def start(self, principal: Principal, request: IdempotentRequest, checks: Sequence[str]) -> Completed:
        """Store a run for workers to make.

        Raises:
            PaymentsError: SCOPE_MISSING, REQUEST_INVALID, IDEMPOTENCY_KEY_REUSED.
        """
        require_operator(principal)

        async def work(unit: UnitOfWork) -> Run:
            try:
                names = chosen(by_invariant([*unit.verification.checks, self._mirrors.name]), checks)
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
    Nobody waits for Stripe with a lock in hand: two may look at the same account there, and the first is stored.
    """

    def __init__(self, transactions: Transactions, mirrors: MirrorCheck) -> None:
        self._transactions = transactions
        self._mirrors = mirrors

    async def run_once(self) -> int:
        """Make the next stretch of the oldest run; returns whether there was one."""
        at_hand: list[UUID] = []
        try:
            run = await self._step(at_hand)
        except PaymentsError:
            raise
        except Exception as error:  # a check that cannot be made must not keep the others from being made
            if not at_hand:
                raise
            _log.exception("verification.check_failed")
            why = type(error).__name__
            run = await self._transactions.run(lambda unit: _give_up(unit, at_hand[-1], why))
        if run is not None and run.done:
            _tell(run)
        return 0 if run is None else 1

    async def _step(self, at_hand: list[UUID]) -> Run | None:
        """Make a stretch of the oldest run that nobody is at."""
        run, asks = await self._transactions.run(lambda unit: self._look(unit, at_hand))
        if run is None or not asks:
            return run
        stretch = await self._mirrors.look(run.position)
        return await self._transactions.run(lambda unit: _store_unless_moved(unit, run, stretch))

    async def _look(self, unit: UnitOfWork, at_hand: list[UUID]) -> tuple[Run | None, bool]:
        """The run after a stretch in the books; or as it is, and whether Stripe is to be asked first."""
        run = await unit.verification.lock_next()
        if run is None:
            return None, False
        at_hand.append(run.id)
        if run.check.check == self._mirrors.name:
            return run, True
        stretch = await unit.verification.look(run.check.check, run.position)
        return await _store(unit, run, stretch), False


def _tell(run: Run) -> None:
    findings = sum(len(result.findings) for result in run.results)
    not_checked = [result.check for result in run.results if result.not_checked]
    VERIFICATION_FINDINGS.set(findings)
    if run.agrees:
        VERIFICATION_LAST_SUCCESS.set_to_current_time()
    tell = _log.error if findings else _log.info if run.agrees else _log.warning
    tell("verification.done", run_id=str(run.id), findings=findings, not_checked=not_checked)


async def _store_unless_moved(unit: UnitOfWork, run: Run, stretch: Stretch) -> Run | None:
    """Store a stretch that was made without the lock, unless somebody else's was faster."""
    now = await unit.verification.lock(run.id)
    if now is None or now.done or (now.check.check, now.position) != (run.check.check, run.position):
        return run
    return await _store(unit, now, stretch)


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
