"""One of our own programs as a process of its own: the server, the gateway, the sandbox, or a reference."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from payments_service.cli.stack.child import Child

_READY_SECONDS = 60.0
_STOP_SECONDS = 15.0
_MIB = 2**20


class Program(Child):
    """A program that says on one line of JSON when it is ready; with what it has used of the machine."""

    def __init__(self, name: str, arguments: Sequence[str], logs: Path) -> None:
        super().__init__(name, arguments, logs)
        self.ready_line: dict[str, Any] = {}

    async def said(self) -> dict[str, Any]:
        """Wait for its line.

        Raises:
            CommandError: it ended, or was not ready in time.
        """
        self.ready_line = await self.ready(_READY_SECONDS)
        return self.ready_line

    @property
    def address(self) -> str:
        """Where it listens."""
        return str(self.ready_line["address"])

    @property
    def metrics_address(self) -> str:
        """Where its metrics are; empty: nowhere."""
        return str(self.ready_line.get("metrics_address", ""))

    async def end(self) -> None:
        """Stop it."""
        await self.stop(_STOP_SECONDS)

    def cpu_seconds(self) -> float:
        """What it and the processes that it has started have used of the processors so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes())

    def resident_mib(self) -> float:
        """Resident memory of its largest process, in MiB: with several, of one that serves."""
        return max(process.memory_info().rss for process in self.processes()) / _MIB

    def processes(self) -> list[psutil.Process]:
        """It, and the processes that it has started."""
        process = psutil.Process(self._running().pid)
        return [process, *process.children(recursive=True)]
