"""Running the sandbox: in this process on the current loop, in a thread of its own, or as a command.

Tests of any package may use it:

    async with SandboxServer(settings) as sandbox:          # on the running loop
        StripeClient(key, base_addresses={"api": sandbox.url}, ...)

    with SandboxThread(settings) as sandbox:                 # from code that is not async
        requests to sandbox.url
"""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import uvicorn

from stripe_sandbox.app import create_app
from stripe_sandbox.http.connection import AbortableHttpProtocol
from stripe_sandbox.lifeline import watch_lifeline
from stripe_sandbox.settings import ConfigurationError, SandboxSettings, split_address

_BACKLOG = 1_024
_DRAIN_S = 2
_POLL_S = 0.005
_TICK_S = 0.1
_TICKS_MAX = 864_000
"""How often uvicorn ticks, and how far it counts: ten ticks a second, of which the count says so."""

_THREAD_START_S = 15.0


class _Server(uvicorn.Server):
    """Uvicorn without its signal handling: a re-raised signal would end a whole test run. And it stops when told to.

    Uvicorn looks every tenth of a second whether it shall; a test run stops a thousand sandboxes.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked = asyncio.Event()

    def stop_soon(self) -> None:
        """Ask it to end."""
        self.should_exit = True
        self._asked.set()

    async def main_loop(self) -> None:
        """Tick until asked to end."""
        ticks = 0
        while not await self.on_tick(ticks % _TICKS_MAX):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), _TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Be done at once where nothing is under way; uvicorn waits for a tenth of a second in any case."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # those that were idle are told that they are closed
        if self.server_state.connections or self.server_state.tasks or self.force_exit:
            await super().shutdown(sockets)
            return
        for listener in sockets or ():
            listener.close()
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class SandboxServer:
    """The sandbox, listening, on the running event loop. Bound as soon as it is made, so its address is known."""

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        """Binds the address.

        Raises:
            OSError: The address is in use or not of this machine.
        """
        chosen = settings or SandboxSettings(address="127.0.0.1:0", log_level="warning")
        host, port = split_address(chosen.address)
        self._socket = _bound(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"{shown}:{self._socket.getsockname()[1]}"
        """`host:port` with the port really used."""
        self.settings = chosen.model_copy(update={"address": self.address})
        self._server = _Server(
            uvicorn.Config(
                create_app(self.settings),
                http=AbortableHttpProtocol,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                # The application's answers have the time of the sandbox's clock.
                date_header=False,
                timeout_graceful_shutdown=_DRAIN_S,
                timeout_keep_alive=75,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Base URL, without a slash at its end."""
        return f"http://{self.address}"

    async def start(self) -> None:
        """Returns once it answers.

        Raises:
            RuntimeError: It ended while starting.
        """
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                raise RuntimeError(f"the sandbox did not start on {self.address}") from self._task.exception()
            await asyncio.sleep(_POLL_S)

    def stop_soon(self) -> None:
        """Asks it to finish the requests under way and end."""
        self._server.stop_soon()

    async def wait(self) -> None:
        """Waits until it has ended."""
        if self._task is not None:
            await self._task

    async def stop(self) -> None:
        """Ends it and waits until it has ended."""
        self.stop_soon()
        await self.wait()
        self._socket.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class SandboxThread:
    """The sandbox in a thread with a loop of its own."""

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        """Binds the address; see `SandboxServer`."""
        self._settings = settings
        self._thread = threading.Thread(target=self._run, name="stripe-sandbox", daemon=True)
        self._ready = threading.Event()
        self._stop: Callable[[], object] = lambda: None
        self._failure: BaseException | None = None
        self.address = ""
        """`host:port`, once started."""

    @property
    def url(self) -> str:
        """Base URL, without a slash at its end."""
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_THREAD_START_S) or self._failure is not None:
            raise RuntimeError("the sandbox did not start") from self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            server = SandboxServer(self._settings)
            await server.start()
        except (OSError, RuntimeError) as error:
            self._failure = error
            self._ready.set()
            return
        loop = asyncio.get_running_loop()
        self.address = server.address
        self._stop = lambda: loop.call_soon_threadsafe(server.stop_soon)
        self._ready.set()
        await server.wait()
        await server.stop()


async def serve_until_stopped(settings: SandboxSettings, on_ready: Callable[[str], None]) -> None:
    """Runs the sandbox until SIGINT, SIGTERM or the end of the lifeline; `on_ready` gets the address once it listens.

    Raises:
        OSError: The address is taken.
        ConfigurationError: The lifeline is not open.
    """
    server = SandboxServer(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop_soon)
    if settings.lifeline_fd is not None:
        try:
            watch_lifeline(settings.lifeline_fd, server.stop_soon)
        except OSError as error:
            raise ConfigurationError(f"SANDBOX_LIFELINE_FD: {settings.lifeline_fd} is no open descriptor") from error
    await server.start()
    on_ready(server.address)
    await server.wait()
    await server.stop()


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it, every reply would wait 40 ms for
    # the receiver's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno,
            f"SANDBOX_ADDRESS: cannot listen on {host}:{port}: {error.strerror}. Choose another address, or port 0 for "
            "a free one.",
        ) from error
    listener.setblocking(False)
    return listener
