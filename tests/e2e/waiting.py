"""Waiting for what comes behind a call: for the condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.e2e.programs import PATIENCE_SECONDS

PAUSE_SECONDS_MIN = 0.02
PAUSE_SECONDS_MAX = 0.25


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition, and fail when it does not come.

    What takes long is asked for less and less often: those who bring it about need the processor too.
    """
    deadline = time.monotonic() + seconds
    pause = PAUSE_SECONDS_MIN
    while not await condition():
        assert time.monotonic() < deadline, f"{condition} has not come true in {seconds} s"
        await asyncio.sleep(pause)
        pause = min(pause * 1.25, PAUSE_SECONDS_MAX)
