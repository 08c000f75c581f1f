"""The life cycle: find the server of a data folder or start it, and stop what was started here."""

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from payments_service.storage.embedded import databases
from payments_service.storage.embedded.area import OUTSIDE_FOLDERS, Area, find_area, make_area, remove_area
from payments_service.storage.embedded.binaries import Binaries, check_binaries, expose_binaries, locate_binaries
from payments_service.storage.embedded.cluster import HOST, SUPERUSER, ensure_cluster, server_command
from payments_service.storage.embedded.connection import ServerAddress
from payments_service.storage.embedded.discovery import find_running
from payments_service.storage.embedded.errors import EmbeddedPostgresError, system_failure
from payments_service.storage.embedded.launch import Launch, PortTakenError, choose_port
from payments_service.storage.embedded.locks import holding, is_locked
from payments_service.storage.embedded.privileges import Account, choose_account

DEFAULT_FOLDER = Path(".payments/postgres")

_PORT_ATTEMPTS = 5


class EmbeddedPostgres:
    """A Postgres server of the project's own, on a folder.

    The first process to start it owns it: the server ends when that process stops it, exits, or is killed. Others that
    start it meanwhile are given the running one, and their `stop` leaves it alone. Safe to use from several threads.

    Args:
        folder: Where data, password and log lie; made if need be. Relative to the working directory.
        port: The port on 127.0.0.1; by default that of the last start if it is free, else any free one. A server that
            already runs keeps its port.
        settings: Postgres settings beyond the package's own (`{"work_mem": "64MB"}`).
        durable: False for data that will be thrown away: faster, but lost in a crash of the machine.
        start_timeout_s: How long a start may take, recovery after a crash included.
        binaries: The Postgres programs; by default the packaged ones.
        outside: As root, the folders to use if Postgres' user cannot enter `folder`.
    """

    def __init__(
        self,
        folder: Path = DEFAULT_FOLDER,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        durable: bool = True,
        start_timeout_s: float = 60.0,
        binaries: Binaries | None = None,
        outside: Sequence[Path] = OUTSIDE_FOLDERS,
    ) -> None:
        self.folder = folder.absolute()
        self._port = port
        self._settings = dict(settings or {})
        self._durable = durable
        self._start_timeout_s = start_timeout_s
        self._binaries = binaries
        self._outside = tuple(outside)
        self._mutex = threading.RLock()
        self._address: ServerAddress | None = None
        self._launch: Launch | None = None
        self._process_id = os.getpid()

    @property
    def address(self) -> ServerAddress:
        """Where the server listens, and the superuser's credentials.

        Raises:
            EmbeddedPostgresError: It has not been started.
        """
        if self._address is None:
            raise EmbeddedPostgresError("The embedded Postgres has not been started.")
        return self._address

    @property
    def started_here(self) -> bool:
        """Whether this object started the server, and so will stop it."""
        return self._launch is not None and self._process_id == os.getpid()

    @property
    def log(self) -> Path:
        """The server's log file."""
        return find_area(self.folder).log

    def start(self) -> ServerAddress:
        """Find the running server or start one; when this returns, it accepts connections.

        Calling it again is harmless, and starts the server anew if it has died.

        Raises:
            EmbeddedPostgresError: There is no server to be had; the message says why, and what to do.
        """
        with self._mutex:
            self._drop_dead_launch()
            try:
                account = choose_account(find_area(self.folder).data)
                area = make_area(self.folder, account, self._outside)
                with holding(area.start_lock, self._start_timeout_s) as start_lock:
                    address = find_running(area, self._start_timeout_s)
                    self._address = address or self._start_new(area, account, start_lock)
            except TimeoutError as error:
                raise EmbeddedPostgresError(f"The embedded Postgres is being started by another: {error}.") from None
            except OSError as error:
                raise system_failure(error, self.folder) from None
            return self._address

    def stop(self) -> None:
        """Stop the server if this object started it; otherwise only forget it. Calling it again is harmless.

        Raises:
            EmbeddedPostgresError: The server does not stop.
        """
        with self._mutex:
            launch, self._launch, self._address = self._launch, None, None
            if launch is None:
                return
            atexit.unregister(self.stop)
            if self._process_id == os.getpid():
                launch.stop()
            else:
                launch.forget()

    def remove(self) -> None:
        """Stop the server and remove its folder with all data, wherever it lies.

        Raises:
            EmbeddedPostgresError: A server started by another process uses it.
        """
        self.stop()
        if is_locked(find_area(self.folder).alive_lock):
            raise EmbeddedPostgresError(f"The data in {self.folder} is in use: stop the program that uses it first.")
        try:
            remove_area(self.folder)
        except OSError as error:
            raise system_failure(error, self.folder) from None

    async def start_async(self) -> ServerAddress:
        """`start` without blocking the event loop."""
        return await asyncio.to_thread(self.start)

    async def stop_async(self) -> None:
        """`stop` without blocking the event loop."""
        await asyncio.to_thread(self.stop)

    def postgres_url(
        self,
        database: str = "postgres",
        user: str | None = None,
        password: str | None = None,
        *,
        driver: str | None = None,
    ) -> str:
        """Return the URL of a database of the running server, see `ServerAddress.url`."""
        return self.address.url(database, user, password, driver=driver)

    def create_database(self, name: str, *, template: str | None = None, owner: str | None = None) -> None:
        """Create a database as superuser, see `databases.create_database`."""
        databases.create_database(self.postgres_url(), name, template=template, owner=owner)

    def drop_database(self, name: str) -> None:
        """Drop a database as superuser, see `databases.drop_database`."""
        databases.drop_database(self.postgres_url(), name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await self.start_async()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_async()

    def _drop_dead_launch(self) -> None:
        """Forget a server that this object started and that has died, or that belongs to a parent process."""
        if self._launch is not None and not (self.started_here and self._launch.running):
            self.stop()
        self._process_id = os.getpid()

    def _start_new(self, area: Area, account: Account | None, start_lock: int) -> ServerAddress:
        """Start a server where there is none. The start lock is held."""
        self.stop()  # one that was started here and has died a moment ago
        packaged = self._binaries or locate_binaries()
        check_binaries(packaged)
        binaries = expose_binaries(packaged, account, area.folder)
        ensure_cluster(area, binaries, account, durable=self._durable, start_lock=start_lock)
        for _ in range(_PORT_ATTEMPTS):
            port = choose_port(self._port, area.port)
            command = server_command(area, binaries, port, durable=self._durable, settings=self._settings)
            with contextlib.ExitStack() as undo, contextlib.suppress(PortTakenError):
                launch = Launch(area, command, account)
                undo.callback(launch.stop)
                launch.wait_until_ready(self._start_timeout_s)
                address = ServerAddress(HOST, port, SUPERUSER, area.password.read_text())
                area.write_private(area.port, str(port))
                undo.pop_all()
                atexit.register(self.stop)
                self._launch = launch
                return address
            area.port.unlink(missing_ok=True)
        raise EmbeddedPostgresError(
            f"Postgres found its port on {HOST} taken {_PORT_ATTEMPTS} times in a row; the log is {area.log}. "
            "Choose a port, or stop the program that takes it."
        )
