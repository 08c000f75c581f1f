"""The worker that watches how much waits in the inbox."""

from payments_service.application.events.watch import WatchInbox
from payments_service.workers.loop import Loop

POLL_SECONDS = 5.0


def inbox_watch_loop(use_case: WatchInbox) -> Loop:
    """A loop that sets the inbox's gauges."""
    return Loop("inbox_watch", use_case.run_once, POLL_SECONDS)
