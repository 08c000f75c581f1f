"""Serving in this process: build the application, start, wait for a signal, drain."""

import asyncio
import signal
from collections.abc import Callable

import uvloop

from payments_service.config import Settings
from payments_service.observability.logging import configure_logging
from payments_service.observability.metrics import REGISTRY
from payments_service.observability.metrics_server import MetricsServer
from payments_service.transport.addresses import Addresses
from payments_service.transport.announcement import announce_ready
from payments_service.transport.application import ApplicationFactory
from payments_service.transport.collector import settle_collector
from payments_service.transport.server import Server
from payments_service.transport.tls import check_tls

SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve_until(
    stop: asyncio.Event,
    settings: Settings,
    factory: ApplicationFactory,
    *,
    addresses: Addresses | None = None,
    share_port: bool = False,
    ready: Callable[[Addresses], None] = lambda _: None,
) -> None:
    """Serve until `stop` is set, then drain.

    Args:
        stop: set it to end.
        settings: of the service.
        factory: makes the application; its `close` is called in the end, also when the start fails half-way.
        addresses: instead of the settings' addresses.
        share_port: let other processes listen on the same ports.
        ready: called once with the addresses when the health is SERVING for the first time.

    Raises:
        ConfigurationError: a setting keeps the server from starting.
        MethodTableError: handlers and methods do not match.
    """
    check_tls(settings)
    application = await factory(settings)
    try:
        server = Server(settings, application, addresses=addresses, share_port=share_port)
        await server.start()
    except BaseException:
        await application.close()
        raise
    stopped = asyncio.create_task(stop.wait())
    serving = asyncio.create_task(server.health.serving.wait())
    try:
        await asyncio.wait({stopped, serving}, return_when=asyncio.FIRST_COMPLETED)
        settle_collector()
        if serving.done():
            ready(server.addresses)
        await stopped
    finally:
        serving.cancel()
        stopped.cancel()
        await server.drain()


def serve_here(settings: Settings, factory: ApplicationFactory) -> int:
    """Serve in this process alone until SIGTERM or SIGINT, with metrics beside it; prints one line when ready.

    Returns:
        The exit code: 0 after a graceful stop.

    Raises:
        ConfigurationError: a setting keeps the server from starting.
        MethodTableError: handlers and methods do not match.
    """
    configure_logging(settings.log_level)
    metrics = MetricsServer.start(settings.metrics_address, REGISTRY) if settings.metrics_address else None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, factory, metrics.address if metrics else ""))
    finally:
        if metrics:
            metrics.close()
    return 0


async def _serve(settings: Settings, factory: ApplicationFactory, metrics_address: str) -> None:
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve_until(stop, settings, factory, ready=lambda addresses: announce_ready(addresses, metrics_address))
