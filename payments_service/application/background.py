"""Work that must reach its end even when nobody waits for it any more."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """Tracks tasks that outlive the call that started them, so that a stop can wait for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], context: Context | None = None) -> asyncio.Task[T]:
        """Start work and keep it alive until it ends; await it through `asyncio.shield`.

        Args:
            work: what to do.
            context: what it sees of its surroundings; None: what the caller sees.
        """
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits gets it; when nobody does, it is stored or logged where it arose

    async def drain(self, seconds: float) -> int:
        """Wait for work in progress; returns how much of it was still running when the time was up."""
        if not self._tasks:
            return 0
        _, running = await asyncio.wait(self._tasks, timeout=seconds)
        return len(running)
