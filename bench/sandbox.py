"""The Stripe sandbox as a process of its own, and what its log says of its requests."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.place import Place
from bench.program import Program
from payments_service.cli.development import SANDBOX_API_KEY
from payments_service.cli.errors import CommandError

_LOGGED_SECONDS = 5.0
_POLL_SECONDS = 0.02


async def start_sandbox(place: Place) -> Program:
    """Start the sandbox: it answers at once, and sends its events nowhere.

    Raises:
        CommandError: it does not start; says why.
    """
    variables = {
        "SANDBOX_ADDRESS": "127.0.0.1:0",
        "SANDBOX_API_KEYS": SANDBOX_API_KEY,
        "SANDBOX_LIFELINE_FD": str(place.lifeline),
    }
    return await place.start("sandbox", ["stripe_sandbox", "serve"], place.environment(**variables))


@dataclass(slots=True)
class Figures:
    """Figures in the JSON lines of a log, as they are written.

    Attributes:
        log: the file.
        event: of the lines that count.
        name: of the figure in these lines.
        filters: what else these lines have.
    """

    log: Path
    event: str
    name: str
    filters: dict[str, str] = field(default_factory=dict)
    _position: int = 0

    async def take(self, count: int) -> list[float]:
        """The figures that have been written since they were last taken.

        Raises:
            CommandError: there are not so many of them, though it was waited for.
        """
        found: list[float] = []
        deadline = time.monotonic() + _LOGGED_SECONDS
        while len(found) < count and time.monotonic() < deadline:
            found += self._new()
            if len(found) < count:
                await asyncio.sleep(_POLL_SECONDS)
        found += self._new()
        if len(found) != count:
            raise CommandError(f"{self.log.name} has {len(found)} lines {self.event!r}, and {count} were expected")
        return found

    def _new(self) -> list[float]:
        with self.log.open("rb") as log:
            log.seek(self._position)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._position += len(whole)
        lines = [orjson.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
        wanted = {"event": self.event} | self.filters
        return [float(line[self.name]) for line in lines if wanted.items() <= line.items()]
