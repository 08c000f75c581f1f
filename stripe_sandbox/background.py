"""Tasks that run beside the requests, and whose failure must not go unseen."""

import asyncio
from collections.abc import Coroutine

from structlog.typing import FilteringBoundLogger


def start_task(work: Coroutine[object, object, None], name: str, log: FilteringBoundLogger) -> "asyncio.Task[None]":
    """Starts a task; should it end with an error, the log says so at once."""

    def ended(task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("task_failed", task=name, exc_info=task.exception())

    task = asyncio.create_task(work, name=name)
    task.add_done_callback(ended)
    return task
