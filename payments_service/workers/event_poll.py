"""The worker that looks for lost events."""

from payments_service.application.events.poll import PollEvents
from payments_service.workers.loop import Loop

POLL_SECONDS = 1.0


def event_poll_loop(use_case: PollEvents) -> Loop:
    """A loop that asks for what Stripe could not deliver when an account's turn comes."""
    return Loop("event_poll", use_case.run_once, POLL_SECONDS)
