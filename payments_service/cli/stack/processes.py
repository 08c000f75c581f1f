"""Starting and stopping the stack: Postgres and four processes, side by side as far as one does not need another."""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from payments_service.cli.errors import CommandError
from payments_service.cli.stack.child import Child
from payments_service.cli.stack.databases import StackDatabase, embedded_database, given_database
from payments_service.cli.stack.plan import Plan
from payments_service.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError

READY_SECONDS = 60.0
"""Long enough for a cold machine; a process that fails says so at once."""

STOP_SECONDS = 8.0


class Processes:
    """The processes of one stack.

    Attributes:
        database: what server and worker work on, once started.
    """

    def __init__(self, plan: Plan, say: Callable[[str, float], None]) -> None:
        """Take the plan; `say` is told of each part that is ready, and how many seconds it took."""
        self._plan = plan
        self._say = say
        logs = plan.folder.logs
        self._sandbox = Child("sandbox", ["stripe_sandbox", "serve"], logs) if plan.sandbox else None
        self._server = Child("server", ["payments_service", "serve"], logs)
        self._worker = Child("worker", ["payments_service", "worker"], logs)
        self._gateway = Child("gateway", ["webhook_gateway", "serve"], logs)
        self._postgres: EmbeddedPostgres | None = None
        self._postgres_start: asyncio.Task[StackDatabase] | None = None
        self._lifeline, self._our_end = os.pipe()
        self.database: StackDatabase | None = None

    async def start(self) -> None:
        """Return once every part is ready.

        Raises:
            CommandError: a part cannot start; says which, why and what to do.
        """
        try:
            async with asyncio.TaskGroup() as group:
                if self._sandbox:
                    group.create_task(self._start_sandbox(self._sandbox))
                group.create_task(self._start_gateway())
                group.create_task(self._start_service())
        except BaseExceptionGroup as failures:
            # One failure makes the others give up; the first is what a person needs to hear. Not `except*`: what is
            # raised there comes out as a group again on some releases of Python 3.11.
            known = failures.subgroup(CommandError)
            if known is None:
                raise
            raise _first(known) from None

    async def first_death(self) -> CommandError:
        """Wait until one of the processes ends, which nobody asked for; returns what to say of it."""
        tasks = [asyncio.create_task(child.ended()) for child in self._children]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Stop what was started, those first that bring work to the others."""
        if self._postgres_start is not None:
            await asyncio.wait([self._postgres_start])
        await self._gateway.stop(STOP_SECONDS)
        await asyncio.gather(self._server.stop(STOP_SECONDS), self._worker.stop(STOP_SECONDS))
        if self._sandbox is not None:
            await self._sandbox.stop(STOP_SECONDS)
        if self._postgres is not None:
            await self._postgres.stop_async()
        for end in (self._our_end, self._lifeline):
            os.close(end)

    def kill(self) -> None:
        """End the processes at once; Postgres is stopped by `stop` all the same."""
        for child in self._children:
            child.kill()

    @property
    def _children(self) -> list[Child]:
        return [child for child in (self._gateway, self._server, self._worker, self._sandbox) if child is not None]

    async def _start_sandbox(self, sandbox: Child) -> None:
        with self._timed("sandbox"):
            await sandbox.start(self._plan.sandbox_environment(self._lifeline), self._lifeline)
            await sandbox.ready(READY_SECONDS)

    async def _start_gateway(self) -> None:
        with self._timed("webhook gateway"):
            await self._gateway.start(self._plan.gateway_environment(self._lifeline), self._lifeline)
            await self._gateway.ready(READY_SECONDS)

    async def _start_service(self) -> None:
        with self._timed("Postgres with its schema"):
            # In a thread that cannot be interrupted: `stop` waits for it, so that what it starts is stopped.
            self._postgres_start = asyncio.create_task(asyncio.to_thread(self._start_database))
            self.database = await asyncio.shield(self._postgres_start)
        environment = self._plan.service_environment(self.database.url, self._lifeline)

        async def start(child: Child, name: str) -> None:
            with self._timed(name):
                await child.start(environment, self._lifeline)
                await child.ready(READY_SECONDS)

        await asyncio.gather(start(self._server, "gRPC server"), start(self._worker, "worker"))

    def _start_database(self) -> StackDatabase:
        settings = self._plan.settings
        own_sandbox = self._plan.sandbox is not None
        if settings.database_url is not None:
            return given_database(settings, own_sandbox=own_sandbox)
        self._postgres = EmbeddedPostgres(self._plan.folder.postgres)
        try:
            self._postgres.start()
        except EmbeddedPostgresError as error:
            raise CommandError(str(error)) from None
        return embedded_database(self._postgres, settings, own_sandbox=own_sandbox)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._say(name, time.monotonic() - started)


def _first(failures: BaseExceptionGroup[CommandError]) -> CommandError:
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    if not isinstance(failure, CommandError):
        raise failure
    return failure


async def until(condition: Callable[[], Awaitable[bool]], timeout_seconds: float, poll_seconds: float) -> bool:
    """Wait for a condition; whether it came in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_seconds):
            while not await condition():  # noqa: ASYNC110 - another process gives no event to wait for
                await asyncio.sleep(poll_seconds)
            return True
    return False
