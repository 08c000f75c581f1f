"""Expiring holds: giving back what is left of them once their time is over."""

import structlog

from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import Reason
from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.ledger.transaction import PostRequest, TransactionKind

ACTOR = "hold_expiry"
BATCH_MAX = 100
"""Holds expired in one transaction, which locks all of their accounts."""

RETRY_SECONDS = 60.0
"""When a hold that could not expire is tried again, which then is logged again. It holds up no other until then."""

_log = structlog.get_logger(__name__)


class ExpireHolds:
    """The hold expiry worker's use case. Any number may run: whoever finds a hold in work leaves it alone.

    Nothing waits for it: a hold whose time is over cannot be captured any more. It only gives back what is kept.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def run_once(self) -> int:
        """Expire holds that are due; returns how many there were, those included that had or could give nothing."""
        due, expired = await self._transactions.run(_expire)
        if due:
            _log.info("holds.expired", due=due, expired=expired)
        return due


async def _expire(unit: UnitOfWork) -> tuple[int, int]:
    due = await unit.hold_expiries.lock_due(BATCH_MAX)
    requests = [
        PostRequest(
            transaction_id=new_id(),
            reference=f"expiry:{format_id(Prefix.LEDGER_TRANSACTION, hold_id)}",
            kind=TransactionKind.EXPIRE,
            target_id=hold_id,
            description="the hold has expired",
            actor=ACTOR,
        )
        for hold_id in due
    ]
    outcomes = await unit.ledger.post(requests)
    done, failed, expired = [], [], 0
    for hold_id, outcome in zip(due, outcomes, strict=True):
        if not isinstance(outcome, Refused):
            expired += 1
        elif outcome.error.reason is not Reason.HOLD_EXHAUSTED:
            # The hold cannot be what it was queued for: that is a defect, and the row stays to show it.
            _log.error("holds.not_expired", hold_id=str(hold_id), reason=outcome.error.reason.value)
            failed.append(hold_id)
            continue
        done.append(hold_id)
    if done:
        await unit.hold_expiries.done(done)
    if failed:
        await unit.hold_expiries.postpone(failed, RETRY_SECONDS)
    return len(due), expired
