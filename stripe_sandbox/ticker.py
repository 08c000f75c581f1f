"""Runs what is due on sandbox time, as real time passes."""

import asyncio
import contextlib

from structlog.typing import FilteringBoundLogger

from stripe_sandbox.background import start_task
from stripe_sandbox.clock import Scheduler

_IDLE_S = 3_600.0


class Ticker:
    """A task that sleeps until the scheduler's next moment."""

    def __init__(self, scheduler: Scheduler, log: FilteringBoundLogger) -> None:
        self._scheduler = scheduler
        self._log = log
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        scheduler.on_earlier = self._changed.set

    def start(self) -> None:
        """Begins to keep time."""
        self._task = start_task(self._keep_time(), "ticker", self._log)

    async def stop(self) -> None:
        """Ends; what is not due yet stays with the scheduler."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep_time(self) -> None:
        while True:
            self._changed.clear()
            self._scheduler.run_due()
            wait_s = self._scheduler.next_in_s()
            # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_S if wait_s is None else min(wait_s, _IDLE_S)):
                    await self._changed.wait()
