"""Waiting for what comes behind a call: for the condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.e2e.programs import PATIENCE_SECONDS


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition, and fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"{condition} has not come true in {seconds} s"
        await asyncio.sleep(0.02)
