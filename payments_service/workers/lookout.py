"""The lookout: sees where work has come in, and wakes the worker for it."""

from collections.abc import Mapping

from payments_service.application.lookout import Lookout, Queue
from payments_service.workers.loop import Loop


def lookout_loop(lookout: Lookout, workers: Mapping[Queue, Loop], poll_seconds: float) -> Loop:
    """A loop that looks at all queues at once, so that their workers need not.

    Args:
        lookout: what it looks through.
        workers: the loop that each queue is for.
        poll_seconds: how long something waits at most until its worker is told, give or take a quarter.
    """

    async def run_once() -> int:
        for queue in await lookout.waiting():
            workers[queue].wake()
        return 0

    return Loop("lookout", run_once, poll_seconds)
