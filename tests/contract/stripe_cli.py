"""The official Stripe CLI as a process: asked with flags, answering with JSON."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.e2e.stripe import API_KEY

PROGRAM = Path(__file__).parent / "node_modules" / ".bin" / "stripe"
SECONDS_MAX = 30.0

_NOBODY = "http://127.0.0.1:9"
"""A proxy that is not there: what is not on loopback cannot be reached."""


class StripeCli:
    """Calls a Stripe double with a home folder of its own, so that nobody's login or settings matter."""

    def __init__(self, api_base: str, *, home: Path) -> None:
        assert PROGRAM.exists(), f"{PROGRAM} is missing: `make contract` installs it and runs these tests"
        self._api_base = api_base
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "HTTP_PROXY": _NOBODY,
            "HTTPS_PROXY": _NOBODY,
        }

    async def __call__(self, *arguments: str) -> dict[str, Any]:
        """Run a command such as `payment_intents create --amount 2500 --currency usd`; gives what it prints."""
        status, output, complaint = await self._run(*arguments)
        assert (status, complaint) == (0, ""), complaint + output
        answer: dict[str, Any] = json.loads(output)
        return answer

    async def trigger(self, name: str, *options: str) -> None:
        """Make all that an event needs; each request must be answered as the CLI expects."""
        status, output, complaint = await self._run("trigger", name, *options)
        assert (status, "Trigger succeeded!" in output + complaint) == (0, True), complaint + output

    async def offered_triggers(self) -> list[str]:
        """What `trigger` knows how to make."""
        _, output, complaint = await self._run("trigger", "--help")
        lines = (output + complaint).splitlines()
        rest = lines[lines.index("Supported events:") + 1 :]
        return [line.strip() for line in rest[: rest.index("")]]

    async def _run(self, *arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            str(PROGRAM),
            *arguments,
            *("--api-base", self._api_base, "--api-key", API_KEY, "--color", "off"),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(SECONDS_MAX):
            output, complaint = await process.communicate()
        return process.returncode, output.decode(), complaint.decode()
