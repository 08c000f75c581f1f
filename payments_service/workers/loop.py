"""The plain loop that every worker is: do one round, again at once while there was work, else after a pause."""

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
    """Runs `run_once` until it is stopped; a round in progress is always finished."""

    def __init__(self, name: str, run_once: Callable[[], Awaitable[int]], poll_seconds: float) -> None:
        self.name = name
        self._run_once = run_once
        self._poll_seconds = poll_seconds
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Stop after the round in progress."""
        self._stop.set()

    async def run(self) -> None:
        """Run until stopped. No error ends it: it is logged, counted, and the next round starts afresh."""
        while not self._stop.is_set():
            pause = self._poll_seconds
            try:
                worked = await self._run_once()
            except Exception as error:  # noqa: BLE001 - a worker outlives whatever goes wrong in a round
                pause = PAUSE_AFTER_ERROR_SECONDS
                self._failed(error)
            else:
                WORKER_ROUNDS_TOTAL.labels(self.name, "worked" if worked else "idle").inc()
                WORKER_LAST_SUCCESS.labels(self.name).set(time.time())
                if worked:
                    continue
            await self._pause(pause)

    def _failed(self, error: Exception) -> None:
        WORKER_ROUNDS_TOTAL.labels(self.name, "failed").inc()
        if isinstance(error, PaymentsError):
            _log.warning("worker.failed", worker=self.name, reason=error.reason.value, message=error.message)
        else:
            _log.exception("worker.failed", worker=self.name)

    async def _pause(self, seconds: float) -> None:
        jittered = seconds * random.uniform(0.75, 1.25)  # noqa: S311 - so that many workers do not march in step
        try:
            async with asyncio.timeout(jittered):
                await self._stop.wait()
        except TimeoutError:
            return
