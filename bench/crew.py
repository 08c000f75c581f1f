"""Several processes that do the same work at once: clients of a server, or writers to a database."""

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import orjson

from payments_service.cli.errors import CommandError

_LINE_BYTES_MAX = 64 * 1024 * 1024
_STOP_SECONDS = 5.0


class Crew:
    """The processes, which wait for work between tasks."""

    def __init__(self, members: Sequence[asyncio.subprocess.Process]) -> None:
        self._members = members

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._members)

    @classmethod
    async def start(cls, size: int, environment: Mapping[str, str], log: Path) -> Self:
        """Start the processes; what they complain of goes to `log`."""
        command = (sys.executable, "-m", "bench.crew_member")
        with log.open("ab") as errors:
            starts = [
                asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=errors,
                    env=dict(environment),
                    start_new_session=True,
                    limit=_LINE_BYTES_MAX,
                )
                for _ in range(size)
            ]
            members = await asyncio.gather(*starts)
        return cls(members)

    async def run(self, task: str, orders: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Have the members run a task at the same time, one with each of the orders; returns their results.

        Args:
            task: `module:function` of a coroutine function that returns what JSON can carry.
            orders: keyword arguments for each; no more than there are members.

        Raises:
            CommandError: one failed; says how.
        """
        if len(orders) > len(self._members):
            raise ValueError(f"{len(orders)} orders for {len(self._members)} processes")
        pairs = zip(self._members, orders, strict=False)
        return list(await asyncio.gather(*(_run(member, task, order) for member, order in pairs)))

    async def stop(self) -> None:
        """End the processes, also those at work."""
        for member in self._members:
            if member.stdin is not None:
                member.stdin.close()
        for member in self._members:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await member.wait()
            if member.returncode is None:
                member.kill()
                await member.wait()


async def _run(member: asyncio.subprocess.Process, task: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the task's own result
    if member.stdin is None or member.stdout is None:
        raise RuntimeError("a process of a crew has no pipes")
    with contextlib.suppress(ConnectionError):
        member.stdin.write(orjson.dumps({"task": task, "arguments": dict(arguments)}) + b"\n")
        await member.stdin.drain()
    line = await member.stdout.readline()
    if not line:
        raise CommandError(f"{task}: its process ended with {await member.wait()}")
    answer = orjson.loads(line)
    if "error" in answer:
        raise CommandError(answer["error"])
    return answer["result"]
