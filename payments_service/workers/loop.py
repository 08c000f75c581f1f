"""The plain loop that every worker is: do one round, again at once while there was work, else after a pause.

Whoever knows of work ends the pause: the lookout, or a loop whose work makes work for this one.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import structlog

from payments_service.domain.errors import PaymentsError
from payments_service.observability.work_metrics import WORKER_LAST_SUCCESS, WORKER_ROUNDS_TOTAL

PAUSE_AFTER_ERROR_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Loop:
    """Runs `run_once` until it is stopped; a round in progress is always finished.

    Args:
        name: of the worker, in metrics and logs.
        run_once: a round; it returns how much it has done.
        poll_seconds: the pause after a round without work, give or take a quarter.
    """

    def __init__(self, name: str, run_once: Callable[[], Awaitable[int]], poll_seconds: float) -> None:
        self.name = name
        self._run_once = run_once
        self._poll_seconds = poll_seconds
        self._stop = asyncio.Event()
        self._woken = asyncio.Event()
        self._followers: list[Loop] = []
        self._companions: list[Loop] = []

    def stop(self) -> None:
        """Stop after the round in progress."""
        self._stop.set()
        self._woken.set()

    def wake(self) -> None:
        """There may be work: end the pause, or begin another round at once after the one in progress."""
        self._woken.set()
        for companion in self._companions:
            companion.wake()

    def works_beside(self, other: "Loop") -> None:
        """Wake another whenever this one is woken: it takes what comes in while this one is in a round."""
        self._companions.append(other)

    def leads_to(self, other: "Loop") -> None:
        """Wake another after each round with work, because such work makes work for it."""
        self._followers.append(other)

    async def run(self) -> None:
        """Run until stopped. No error ends it: it is logged, counted, and the next round starts afresh."""
        while not self._stop.is_set():
            # Before the round: what comes in while it runs it may not see any more.
            self._woken.clear()
            try:
                worked = await self._run_once()
            except Exception as error:  # noqa: BLE001 - a worker outlives whatever goes wrong in a round
                self._failed(error)
                # Nobody wakes it from this one: the error would be met again as often as there is work.
                await _pause(self._stop, PAUSE_AFTER_ERROR_SECONDS)
                continue
            WORKER_ROUNDS_TOTAL.labels(self.name, "worked" if worked else "idle").inc()
            WORKER_LAST_SUCCESS.labels(self.name).set(time.time())
            if worked:
                for other in self._followers:
                    other.wake()
            else:
                await _pause(self._woken, self._poll_seconds)

    def _failed(self, error: Exception) -> None:
        WORKER_ROUNDS_TOTAL.labels(self.name, "failed").inc()
        if isinstance(error, PaymentsError):
            _log.warning("worker.failed", worker=self.name, reason=error.reason.value, message=error.message)
        else:
            _log.exception("worker.failed", worker=self.name)


async def _pause(event: asyncio.Event, seconds: float) -> None:
    """Pause for about so many seconds, or until an event."""
    jittered = seconds * random.uniform(0.75, 1.25)  # noqa: S311 - so that many workers do not march in step
    try:
        async with asyncio.timeout(jittered):
            await event.wait()
    except TimeoutError:
        return
