"""The gateway's life: listen, say so, serve, become unready, finish what is in flight, end."""

import asyncio
import contextlib
import math
import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from webhook_gateway.address import Address
from webhook_gateway.app import create_app
from webhook_gateway.channel import open_channel
from webhook_gateway.connection import connections_for
from webhook_gateway.endpoints import webhook_endpoints
from webhook_gateway.errors import ConfigurationError
from webhook_gateway.logs import Log
from webhook_gateway.metrics import Metrics
from webhook_gateway.readiness import Readiness
from webhook_gateway.recorder import EventRecorder
from webhook_gateway.settings import Settings

BACKLOG = 2048
KEEP_ALIVE_S = 75
"""Longer than the minute that load balancers usually keep idle connections, so that they are the ones to close."""


class Gateway:
    """One running gateway.

    Args:
        settings: What it is told.
        metrics: Counted into.
        log: Written to.
        on_ready: Called with the address once it is listening.
    """

    def __init__(self, settings: Settings, metrics: Metrics, log: Log, on_ready: Callable[[Address], None]) -> None:
        self._settings = settings
        self._metrics = metrics
        self._log = log
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._server: _Server | None = None

    async def run(self) -> None:
        """Serves until stopped.

        Raises:
            ConfigurationError: The address cannot be listened on, or a TLS file is bad.
        """
        settings = self._settings
        listener = _listen(settings.address)
        with contextlib.closing(listener):
            async with open_channel(settings) as channel:
                readiness = Readiness(channel, settings.rpc_metadata())
                recorder = EventRecorder(
                    channel, settings.rpc_metadata(), settings.rpc_timeout_ms / 1000, self._metrics
                )
                endpoints = webhook_endpoints(settings, recorder=recorder, metrics=self._metrics, log=self._log)
                host, port = listener.getsockname()[:2]
                self._server = _Server(
                    uvicorn.Config(
                        create_app(readiness=readiness, metrics=self._metrics),
                        http=connections_for(endpoints, self._metrics),
                        ws="none",
                        lifespan="off",
                        log_config=None,
                        access_log=False,
                        server_header=False,
                        proxy_headers=False,
                        timeout_keep_alive=KEEP_ALIVE_S,
                        timeout_graceful_shutdown=_delivery_seconds_max(settings),
                    ),
                    lambda: self._on_ready(Address(host, port)),
                )
                stopper = asyncio.create_task(self._stop_server(readiness))
                try:
                    await self._server.serve(sockets=[listener])
                finally:
                    stopper.cancel()
                    await recorder.close()

    def stop(self) -> None:
        """Ends the gateway gracefully; asked a second time, at once."""
        if self._stopping.is_set() and self._server is not None:
            self._server.force_exit = True
            self._server.should_exit = True
        self._stopping.set()

    async def _stop_server(self, readiness: Readiness) -> None:
        """Becomes unready, leaves load balancers the time to notice, then stops listening."""
        await self._stopping.wait()
        readiness.drain()
        self._log.info("stopping", drain_delay_ms=self._settings.drain_delay_ms)
        await asyncio.sleep(self._settings.drain_delay_ms / 1000)
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handling, which would end the process by the signal instead of with 0."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_until_signalled(gateway: Gateway, lifeline_fd: int | None) -> None:
    """Runs a gateway as a process: until SIGTERM, SIGINT or the end of its lifeline.

    Raises:
        ConfigurationError: As `Gateway.run`.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.stop)
    if lifeline_fd is not None:
        # A thread, since not every kind of descriptor can be watched by an event loop. It holds up nobody's exit.
        threading.Thread(
            target=_watch_lifeline, args=(lifeline_fd, loop, gateway.stop), name="lifeline", daemon=True
        ).start()
    await gateway.run()


def _watch_lifeline(fd: int, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Stops the gateway once the process at the other end of a pipe has closed it or is gone."""
    _wait_for_end(fd)
    with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway has already stopped
        loop.call_soon_threadsafe(stop)


def _wait_for_end(fd: int) -> None:
    """Waits until nobody holds the other end of a pipe.

    Siblings inherit the same open pipe. So whether it blocks is not for one of them to set, nor to rely on, and what
    there was to be read another may have. To poll for POLLHUP alone would be enough on Linux; macOS forgets about it.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while True:
        poll.poll()
        try:
            if not os.read(fd, 1024):
                return
        except BlockingIOError:
            continue
        except OSError:  # it cannot be read any more
            return


def _listen(address: Address) -> socket.socket:
    """Opens the listening socket here and not in uvicorn, so that a taken port is an error with a name."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigurationError(f"GATEWAY_ADDRESS: cannot listen on {address}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"GATEWAY_ADDRESS: cannot listen on {address}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def _delivery_seconds_max(settings: Settings) -> int:
    """Returns the time that a delivery in flight can still take, in whole seconds."""
    return math.ceil((settings.body_timeout_ms + settings.rpc_timeout_ms) / 1000) + 1
