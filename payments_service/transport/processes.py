"""Several server processes on one port: starts them, replaces those that die, stops them together.

The parent serves no calls: it holds the ports, the lifelines and the metrics endpoint. It imports no gRPC.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from prometheus_client import Counter

from payments_service.config import ConfigurationError, Settings
from payments_service.observability.logging import configure_logging
from payments_service.observability.metrics_server import (
    MULTIPROCESS_VARIABLE,
    MetricsServer,
    forget_process,
    shared_registry,
)
from payments_service.transport.addresses import GRPC_MTLS_ADDRESS, Addresses, reserve
from payments_service.transport.announcement import announce_ready
from payments_service.transport.application import ApplicationFactory
from payments_service.transport.orders import Orders
from payments_service.transport.tls import check_tls

BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_MAX_SECONDS = 5.0
STEADY_SECONDS = 30.0
"""A process that lived this long was well: its successor starts without delay."""

IMPATIENT_SECONDS = 1.0
"""A SIGINT this long after the first signal means it. Sooner, it is the same one come twice: a terminal or `timeout`
signals the whole group, and parents pass on what they got."""

_MODULE = "payments_service.transport.server_process"
_MARGIN_SECONDS = 10.0
_log = structlog.get_logger()


def serve_processes(settings: Settings, factory: ApplicationFactory, processes: int) -> int:
    """Serve with so many processes until SIGTERM or SIGINT; prints one line when all of them are serving.

    A second Ctrl-C ends them at once.

    Returns:
        The exit code: 0 when all stopped gracefully.

    Raises:
        ConfigurationError: a setting keeps the servers from starting.
    """
    check_tls(settings)
    configure_logging(settings.log_level)
    with _reserved(settings) as addresses, _metrics(settings) as (metrics_address, folder, deaths):
        orders = Orders.of(settings, factory, addresses)
        parent = _Parent(orders, processes, settings.grpc_drain_seconds + _MARGIN_SECONDS, folder, deaths)
        return asyncio.run(parent.run(lambda: announce_ready(addresses, metrics_address)))


@contextlib.contextmanager
def _reserved(settings: Settings) -> Iterator[Addresses]:
    """The addresses, with ports that stay ours until the end."""
    with contextlib.ExitStack() as held:
        reserved, address = reserve(settings.grpc_address)
        held.enter_context(reserved)
        mtls_address = ""
        if settings.grpc_mtls_address:
            reserved, mtls_address = reserve(settings.grpc_mtls_address, GRPC_MTLS_ADDRESS)
            held.enter_context(reserved)
        yield Addresses(address, mtls_address)


@contextlib.contextmanager
def _metrics(settings: Settings) -> Iterator[tuple[str, Path | None, Counter]]:
    """The metrics endpoint and the private folder behind it, both gone in the end; neither when metrics are off."""
    name, text = "payments_server_process_deaths", "Server processes that ended without being asked to."
    if not settings.metrics_address:
        yield "", None, Counter(name, text, registry=None)
        return
    folder = Path(tempfile.mkdtemp(prefix="payments-metrics-"))
    try:
        registry = shared_registry(folder)
        deaths = Counter(name, text, registry=registry)
        server = MetricsServer.start(settings.metrics_address, registry)
        try:
            yield server.address, folder, deaths
        finally:
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Parent:
    """Keeps a number of processes alive."""

    def __init__(
        self, orders: Orders, processes: int, stop_seconds: float, metrics: Path | None, deaths: Counter
    ) -> None:
        self._orders = orders.to_line()
        self._processes = processes
        self._stop_seconds = stop_seconds
        self._metrics = metrics
        self._deaths = deaths
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._serving: set[int] = set()
        self._all_serving = asyncio.Event()
        self._stopping = asyncio.Event()
        self._asked_to_stop = 0.0
        self._failure: str | None = None

    # -- the whole

    async def run(self, ready: Callable[[], None]) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        keepers = [asyncio.create_task(self._keep(slot)) for slot in range(self._processes)]
        stopping = asyncio.create_task(self._stopping.wait())
        serving = asyncio.create_task(self._all_serving.wait())
        await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            ready()
        await stopping
        serving.cancel()
        graceful = await self._stop(keepers)
        if self._failure is not None:
            raise ConfigurationError(self._failure)
        return 0 if graceful else 1

    def _signalled(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if not self._stopping.is_set():
            self._asked_to_stop = now
            self._stopping.set()
        elif number == signal.SIGINT and now - self._asked_to_stop >= IMPATIENT_SECONDS:
            self._signal_all(signal.SIGKILL)

    async def _stop(self, keepers: list[asyncio.Task[None]]) -> bool:
        """Ask all to drain, and end those that do not in time; whether all did."""
        self._signal_all(signal.SIGTERM)
        _, late = await asyncio.wait(keepers, timeout=self._stop_seconds)
        if late:
            _log.error("processes_killed", pids=sorted(process.pid for process in self._running.values()))
            self._signal_all(signal.SIGKILL)
        await asyncio.gather(*keepers)
        return not late

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)

    def _fail(self, error: str) -> None:
        if self._failure is None and not self._stopping.is_set():
            self._failure = error
        self._stopping.set()

    # -- one process

    async def _keep(self, slot: int) -> None:
        """Run one process after another until all are to stop."""
        delay = BACKOFF_FIRST_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            exit_code = await self._run_one(slot)
            if self._stopping.is_set():
                return
            if not self._all_serving.is_set():
                # What ends before it ever served would end again: say so instead of trying for ever.
                self._fail(f"a server process ended with {exit_code} before it was serving: see the log above")
                return
            self._deaths.inc()
            if time.monotonic() - started >= STEADY_SECONDS:
                delay = BACKOFF_FIRST_SECONDS
            _log.error("process_died", slot=slot, exit_code=exit_code, restart_in_ms=round(delay * 1000))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, BACKOFF_MAX_SECONDS)

    async def _run_one(self, slot: int) -> int:
        """Start a process, give it its orders, wait for its end."""
        environment = dict(os.environ)
        if self._metrics is not None:
            environment[MULTIPROCESS_VARIABLE] = str(self._metrics)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        self._running[slot] = process
        try:
            if self._stopping.is_set():
                process.terminate()
            await self._converse(slot, process)
            return await process.wait()
        finally:
            del self._running[slot]
            self._serving.discard(slot)
            if self._metrics is not None:
                forget_process(process.pid, self._metrics)

    async def _converse(self, slot: int, process: asyncio.subprocess.Process) -> None:
        """Hand over the orders, keep the lifeline open, hear whether the process serves."""
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a server process has no pipes")
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._orders)
            await process.stdin.drain()
        try:
            said = json.loads(await process.stdout.readline() or b"{}")
        except ValueError:
            said = {}
        if said.get("event") == "ready":
            _log.info("process_serving", slot=slot, pid=process.pid)
            self._serving.add(slot)
            if len(self._serving) == self._processes:
                self._all_serving.set()
        elif said.get("event") == "failed":
            self._fail(str(said["error"]))
