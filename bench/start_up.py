"""`payments up` from nothing and again: time until everything is ready, and the memory of the server."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from bench.command import main
from bench.figures import at_most
from bench.place import Place
from bench.report import Books, Comparison, Report, Row, Sample
from bench.rounds import Arm, take_turns
from payments_service.cli.errors import CommandError
from payments_service.storage.embedded import EmbeddedPostgres

_FREE = "127.0.0.1:0"
_ADDRESSES = (
    "PAYMENTS_GRPC_ADDRESS",
    "PAYMENTS_GRPC_MTLS_ADDRESS",
    "PAYMENTS_METRICS_ADDRESS",
    "PAYMENTS_WORKER_METRICS_ADDRESS",
    "GATEWAY_ADDRESS",
    "SANDBOX_ADDRESS",
)
_READY, _PLAYED = "everything is ready", "Serving until Ctrl-C."
_PATIENCE_SECONDS = 120.0
_MIB = 2**20
_UP, _BARE = "payments up, warm", "Postgres alone, warm"
_MEMORY = "memory MiB"


async def measure(place: Place) -> Report:
    """Measure."""
    folder = place.folder / "data"
    place.say("the first start, which makes the data folder")
    cold = await _start(place, folder)
    bare = EmbeddedPostgres(place.folder / "bare")
    try:
        await asyncio.to_thread(_start_postgres, bare)
        arms = (
            Arm(_BARE, "s", lambda: _timed_postgres(bare)),
            Arm(_UP, "s", lambda: _start(place, folder)),
        )
        rows = await take_turns(arms, place.options.rounds, place.say)
    finally:
        await asyncio.to_thread(bare.remove)
        await asyncio.to_thread(EmbeddedPostgres(folder / "postgres").remove)
    warm = rows[_UP]
    return Report(
        name="start_up",
        title="`payments up` until everything is ready",
        setting=(
            "until Postgres with its schema, sandbox, server, worker and gateway are ready, by its own word",
            "memory: resident, of the server process, after the purchase that is played then",
        ),
        rows=(Row.of("payments up, the first time", "s", [cold]), *rows.values()),
        comparisons=(
            Comparison("payments up, warm", "s", warm.summary, at_most(6)),
            Comparison("memory of the server process", "MiB", warm.details[_MEMORY], at_most(150)),
        ),
        books=Books((f"the purchase was right after each of {1 + len(warm.values)} starts, and no process was left",)),
    )


async def _start(place: Place, folder: Path) -> Sample:
    """Start the stack, let it play its purchase, stop it."""
    began = time.monotonic()
    async with _up(place, folder) as process:
        await _until(process, process.stderr, _READY)
        seconds = time.monotonic() - began
        await _until(process, process.stdout, _PLAYED)
        family = psutil.Process(process.pid).children(recursive=True)
        [server] = [one for one in family if one.cmdline()[-2:] == ["payments_service", "serve"]]
        memory = server.memory_info().rss / _MIB
        process.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS)
    if code != 0:
        raise CommandError(f"payments up ended with {code}: a figure of its purchase is off, see its output")
    if left := [one.pid for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]:
        raise CommandError(f"payments up has left processes behind: {left}")
    return Sample(seconds, {_MEMORY: memory})


@asynccontextmanager
async def _up(place: Place, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, in a session of its own; whatever happens, it has ended in the end."""
    variables = dict.fromkeys(_ADDRESSES, _FREE) | {"PAYMENTS_DATA_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "payments_service",
        "up",
        env=place.environment(**variables),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS)


async def _until(process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None, text: str) -> None:
    """Read a stream until a text has come.

    Raises:
        CommandError: it ended without it.
    """
    if stream is None:
        raise RuntimeError("the command has no pipes")
    said: list[str] = []
    async with asyncio.timeout(_PATIENCE_SECONDS):
        async for line in stream:
            said.append(line.decode(errors="replace").rstrip())
            if text in said[-1]:
                return
    raise CommandError(f"payments up ended with {await process.wait()}: " + " / ".join(said[-5:]))


async def _timed_postgres(server: EmbeddedPostgres) -> Sample:
    """Start Postgres as the stack does, and stop it."""
    return Sample(await asyncio.to_thread(_start_postgres, server))


def _start_postgres(server: EmbeddedPostgres) -> float:
    began = time.monotonic()
    server.start()
    seconds = time.monotonic() - began
    server.stop()
    return seconds


if __name__ == "__main__":
    main("start_up", __doc__ or "", measure)
