"""The retention worker: removes what is old."""

from payments_service.application.events.retention import RemoveOld
from payments_service.workers.loop import Loop

POLL_SECONDS = 10.0


def retention_loop(use_case: RemoveOld) -> Loop:
    """A loop that removes a piece, and at once the next while there is something to remove."""
    return Loop("retention", use_case.run_once, POLL_SECONDS)
