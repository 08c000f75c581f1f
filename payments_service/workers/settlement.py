"""The settlement workers: one books Stripe's balance transactions, one sees that none is missing."""

from payments_service.application.settlement.recheck import Recheck
from payments_service.application.settlement.settle import Settlement
from payments_service.workers.loop import Loop

RECHECK_POLL_SECONDS = 1.0


def settlement_loop(settlement: Settlement, poll_seconds: float) -> Loop:
    """A loop that settles accounts when they are due, and all of them now and then."""
    return Loop("settlement", settlement.run_once, poll_seconds)


def recheck_loop(recheck: Recheck) -> Loop:
    """A loop that lists balance transactions once more when they are old enough for Stripe to show them all."""
    return Loop("recheck", recheck.run_once, RECHECK_POLL_SECONDS)
