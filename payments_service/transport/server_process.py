"""One of several server processes that share a port: `python -m payments_service.transport.server_process`.

A fresh interpreter and not a fork, because gRPC's threads do not survive one. Its orders are the first line of standard
input, which stays open for as long as the parent lives: its end means that the parent has died, however suddenly, and
the process drains and exits. That works on every system, unlike a death signal.
"""

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import Callable

import uvloop

from payments_service.config import ConfigurationError, Settings
from payments_service.observability.logging import configure_logging
from payments_service.observability.metrics_server import MULTIPROCESS_VARIABLE
from payments_service.transport.addresses import Addresses
from payments_service.transport.announcement import announce_failure, announce_ready
from payments_service.transport.methods import MethodTableError
from payments_service.transport.orders import Orders
from payments_service.transport.serve import SIGNALS, serve_until

EXIT_CANNOT_START = 2
_MARGIN_SECONDS = 5.0


def main() -> int:
    """Serve as ordered until a signal or the parent's end.

    Returns:
        The exit code: 0 after a graceful stop, 2 when the start failed for a reason that was announced.
    """
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    orders = Orders.from_line(line)
    settings = orders.load_settings()
    configure_logging(settings.log_level)
    orphaned = threading.Event()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(orders, settings, orphaned))
    except (ConfigurationError, MethodTableError) as error:
        announce_failure(str(error))
        return EXIT_CANNOT_START
    if orphaned.is_set():
        _remove_shared_metrics()
    return 0


async def _serve(orders: Orders, settings: Settings, orphaned: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)

    def parent_died() -> None:
        orphaned.set()
        loop.call_soon_threadsafe(stop.set)

    limit_seconds = settings.grpc_drain_seconds + _MARGIN_SECONDS
    threading.Thread(target=_watch_parent, args=(parent_died, limit_seconds), daemon=True).start()
    await serve_until(stop, settings, orders.load_factory(), addresses=orders.addresses, share_port=True, ready=_ready)


def _ready(addresses: Addresses) -> None:
    announce_ready(addresses, "")
    # The parent reads one line. What is printed after it goes where the logs go.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _watch_parent(parent_died: Callable[[], None], limit_seconds: float) -> None:
    """Wait for the end of standard input; in a thread, so that a busy event loop does not hide it."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    parent_died()
    # Nobody is left to force a stop that hangs, so the process does it itself.
    threading.Event().wait(limit_seconds)
    os._exit(1)


def _remove_shared_metrics() -> None:
    """Remove the folder that a killed parent left; harmless when another process already has."""
    folder = os.environ.get(MULTIPROCESS_VARIABLE)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
