"""The settlement worker: books Stripe's balance transactions."""

from payments_service.application.settlement.settle import Settlement
from payments_service.workers.loop import Loop


def settlement_loop(settlement: Settlement, poll_seconds: float) -> Loop:
    """A loop that settles accounts when they are due, and all of them now and then."""
    return Loop("settlement", settlement.run_once, poll_seconds)
