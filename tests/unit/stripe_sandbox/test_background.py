"""A task beside the requests that fails is not silent."""

import asyncio

import structlog
from structlog.testing import capture_logs

from stripe_sandbox.background import start_task


async def fail() -> None:
    raise LookupError("no such thing")


async def test_a_task_that_fails_is_logged_with_its_name_and_error() -> None:
    with capture_logs() as lines:
        task = start_task(fail(), "ticker", structlog.get_logger())
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert [(line["event"], line["task"], str(line["exc_info"])) for line in lines] == [
        ("task_failed", "ticker", "no such thing")
    ]


async def test_a_task_that_is_cancelled_is_not() -> None:
    with capture_logs() as lines:
        task = start_task(asyncio.sleep(3_600), "webhooks", structlog.get_logger())
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert lines == []
