"""One process of the stack: started, waited for, stopped; its log is a file."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from payments_service.cli.errors import CommandError

_TAIL_LINES = 6
_TAIL_BYTES = 16_384
_LINE_LENGTH_MAX = 400
_POLL_SECONDS = 0.01


class Child:
    """A process that says on one line of JSON when it is ready, and ends on SIGTERM or at the end of its lifeline.

    Attributes:
        name: what it is called, also in its log's name.
        log: its log file.
    """

    def __init__(self, name: str, arguments: Sequence[str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, environment: Mapping[str, str], lifeline: int) -> None:
        """Start it; `lifeline` is inherited under the same number.

        Raises:
            CommandError: its log cannot be written, or it cannot be run.
        """
        try:
            if self.log.exists():
                self.log.replace(self.log.with_suffix(".log.1"))
            with self.log.open("wb") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    *self._arguments,
                    env=dict(environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    # Not a pipe: nobody would read it later, and a process whose output blocks stands still.
                    stdout=log,
                    stderr=log,
                    pass_fds=(lifeline,),
                    # A Ctrl-C in the terminal is for `payments up`, which stops its children in order.
                    start_new_session=True,
                )
        except OSError as error:
            raise CommandError(f"cannot start the {self.name}: {error.filename or ''} {error.strerror}") from None

    async def ready(self, timeout_seconds: float) -> dict[str, Any]:
        """What it said when it was ready.

        Raises:
            CommandError: it ended, or was not ready in time.
        """
        process = self._running()
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    ended = process.returncode is not None
                    if said := self._said_ready():
                        return said
                    if ended:
                        raise self.failure(f"ended with {process.returncode} before it was ready")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise self.failure(f"was not ready after {timeout_seconds:.0f} s") from None

    async def ended(self) -> CommandError:
        """Wait for its end, which nobody asked for; returns what to say of it."""
        code = await self._running().wait()
        return self.failure(f"ended with {code}")

    async def stop(self, patience_seconds: float) -> None:
        """Ask it to end; insist after a while. Harmless when it has ended or was never started."""
        process = self._process
        if process is None:
            return
        for request in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(request)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_seconds):
                    await process.wait()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def failure(self, what: str) -> CommandError:
        """What went wrong with it, with the end of its log."""
        lines = [f"the {self.name} {what}.", *(f"    {line}" for line in self._tail())]
        lines.append(f"  Its log is {self.log}; remove the cause and start again.")
        return CommandError("\n".join(lines))

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"the {self.name} has not been started")
        return self._process

    def _said_ready(self) -> dict[str, Any] | None:
        """The line in its log that says it is ready, once it is there and whole."""
        with self.log.open("rb") as log:
            for line in log:
                if not line.startswith(b"{") or not line.endswith(b"\n"):
                    continue
                said: dict[str, Any] = json.loads(line)
                if said.get("event") == "ready":
                    return said
        return None

    def _tail(self) -> list[str]:
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
                text = log.read().decode(errors="replace")
        except OSError:
            return []
        return [line[:_LINE_LENGTH_MAX] for line in text.splitlines() if line.strip()][-_TAIL_LINES:]
