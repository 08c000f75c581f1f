"""The inbox worker: applies Stripe's events."""

from payments_service.application.events.apply import ApplyEvents
from payments_service.workers.loop import Loop


def inbox_loop(apply: ApplyEvents, poll_seconds: float) -> Loop:
    """A loop that applies events in batches as they come in."""
    return Loop("inbox", apply.run_once, poll_seconds)
