"""Where a benchmark runs: a folder of its own, a fresh durable Postgres in it, and processes that end with it."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from bench.crew import Crew
from bench.options import Options
from bench.program import Program
from payments_service.cli.database import ready_database
from payments_service.cli.errors import CommandError
from payments_service.cli.progress import Progress
from payments_service.config import load_settings
from payments_service.storage.cipher import new_key
from payments_service.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from payments_service.transport.grpc_core import GRPC_ENVIRONMENT

FOLDER = Path(".payments/bench")
"""Below the working directory and not among temporary files: those may be in memory, where a commit costs nothing."""

SETTINGS = load_settings({})
"""The service's settings with nothing set."""

_PREFIXES = ("PAYMENTS_", "GATEWAY_", "SANDBOX_")


class Place:
    """What one run of one benchmark has to itself.

    Attributes:
        options: how it was asked to run.
        progress: says what is going on.
        folder: for whatever it needs.
        lifeline: descriptor that programs inherit; they stop when it reads end-of-file.
        keys: of the service: environment variables with fresh keys.
    """

    def __init__(
        self, options: Options, progress: Progress, folder: Path, lifeline: int, stack: AsyncExitStack
    ) -> None:
        self.options = options
        self.progress = progress
        self.folder = folder
        self.lifeline = lifeline
        self._stack = stack
        self.keys = {
            "PAYMENTS_AUTH_KEY": secrets.token_urlsafe(36),
            "PAYMENTS_ENCRYPTION_KEYS": new_key("bench"),
        }

    def say(self, what: str) -> None:
        """Say what is being done now."""
        if sys.stderr.isatty():
            self.progress.doing(f"{what} …")
        else:
            self.progress.done(f"{what} …")

    def environment(self, **variables: str) -> dict[str, str]:
        """This process's environment without any setting of ours but those that are given."""
        told = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES)}
        # References have gRPC's core as the service has it, and no worse one.
        return GRPC_ENVIRONMENT | told | variables

    async def postgres(self, settings: Mapping[str, str] | None = None) -> EmbeddedPostgres:
        """A fresh Postgres as `payments up` runs it, with fsync and synchronous_commit on; gone with the place.

        Raises:
            CommandError: there is none to be had; says why.
        """
        self.say("starting a fresh Postgres")
        server = EmbeddedPostgres(self.folder / "postgres", settings=settings)
        # In a thread that cannot be interrupted: what it starts is stopped all the same.
        starting = asyncio.create_task(server.start_async())

        async def remove() -> None:
            await asyncio.wait([starting])
            await asyncio.to_thread(server.remove)

        self._stack.push_async_callback(remove)
        try:
            await asyncio.shield(starting)
        except EmbeddedPostgresError as error:
            raise CommandError(str(error)) from None
        return server

    async def ledger(self, server: EmbeddedPostgres, name: str) -> str:
        """The URL, with the service's own login, of a new migrated database."""
        self.say(f"making the database {name}")
        return await asyncio.to_thread(ready_database, server, name, SETTINGS.database_role)

    async def start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> Program:
        """Start one of our programs; returns once it has said that it is ready.

        Args:
            name: of the program here, and of its log.
            arguments: of `python -m`.
            environment: what it is told.

        Raises:
            CommandError: it does not start; says why.
        """
        self.say(f"starting the {name}")
        program = Program(name, arguments, self.folder)
        self._stack.push_async_callback(program.end)
        await program.start(environment, self.lifeline)
        await program.said()
        return program

    async def crew(self, size: int) -> Crew:
        """Processes for clients or writers."""
        crew = await Crew.start(size, self.environment(), self.folder / "crew.log")
        self._stack.push_async_callback(crew.stop)
        return crew


@asynccontextmanager
async def place(options: Options, progress: Progress) -> AsyncIterator[Place]:
    """A place for one benchmark. In the end everything that was started in it is stopped, and the folder removed."""
    with _folder() as folder, _lifeline() as lifeline:
        async with AsyncExitStack() as stack:
            stack.callback(progress.doing, "clearing up …")
            yield Place(options, progress, folder, lifeline, stack)


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder below `FOLDER`. Folders of runs that were killed are removed on the way."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for other in FOLDER.glob("run-*"):
        _remove_if_abandoned(other)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=FOLDER)).absolute()
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the unprivileged user that Postgres runs as must get through
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        except Exception:
            _keep_logs(folder)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _keep_logs(folder: Path) -> None:
    """Keep what the programs have said: the folder goes away with the run."""
    kept = FOLDER / "logs-of-the-last-failure"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for log in sorted(folder.rglob("*.log")):
        with contextlib.suppress(OSError):
            shutil.copy(log, kept / "-".join(log.relative_to(folder).parts))
    print(f"bench: the logs are in {kept}", file=sys.stderr)


def _remove_if_abandoned(folder: Path) -> None:
    # Not made yet or gone already: another run's own business. Locked: it is at work.
    with contextlib.suppress(FileNotFoundError, BlockingIOError), (folder / "lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with contextlib.suppress(EmbeddedPostgresError):
            EmbeddedPostgres(folder / "postgres").remove()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lifeline() -> Iterator[int]:
    """A pipe that programs inherit: its end tells them that this process has died."""
    lifeline, ours = os.pipe()
    try:
        yield lifeline
    finally:
        os.close(ours)
        os.close(lifeline)
