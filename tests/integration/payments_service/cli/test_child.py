"""A process of the stack: it says when it is ready, and its output never holds it up."""

import asyncio
import os
from pathlib import Path

import pytest

from payments_service.cli.errors import CommandError
from payments_service.cli.stack.child import Child

TALKATIVE = 'import sys; print(\'{"event": "ready", "port": 7}\', flush=True); print(\'x\' * 3_000_000); sys.exit(3)'
SILENT = "import sys; sys.exit(3)"


async def _started(code: str, folder: Path) -> Child:
    (folder / "talk.py").write_text(code)
    child = Child("talker", ["talk"], folder)
    read, write = os.pipe()
    try:
        await child.start({**os.environ, "PYTHONPATH": str(folder)}, read)
    finally:
        os.close(read)
        os.close(write)
    return child


async def test_what_it_says_after_it_is_ready_goes_to_its_log_and_never_blocks_it(tmp_path: Path) -> None:
    child = await _started(TALKATIVE, tmp_path)

    assert (await child.ready(10))["port"] == 7
    async with asyncio.timeout(10):
        error = await child.ended()

    assert "ended with 3" in str(error)
    assert (tmp_path / "talker.log").stat().st_size > 3_000_000


async def test_one_that_ends_before_it_is_ready_is_an_error_with_its_log(tmp_path: Path) -> None:
    child = await _started(SILENT, tmp_path)

    with pytest.raises(CommandError, match=r"ended with 3 before it was ready[\s\S]*talker.log"):
        await child.ready(10)
