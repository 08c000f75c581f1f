"""`payments worker`: events, settlement and unfinished operations."""

import asyncio
import json
import signal
import sys

import uvloop

from payments_service.bootstrap import run_workers
from payments_service.cli.data_folder import DataFolder
from payments_service.cli.database import with_database
from payments_service.cli.development import with_development_keys
from payments_service.cli.lifeline import hold_lifeline
from payments_service.config import Settings, load_settings
from payments_service.observability.logging import configure_logging
from payments_service.observability.metrics import REGISTRY
from payments_service.observability.metrics_server import MetricsServer
from payments_service.transport.collector import settle_collector


def run_worker() -> int:
    """Work until a signal or the end of the lifeline; returns the exit code.

    Raises:
        ConfigurationError: a setting keeps the worker from starting.
        CommandError: the embedded Postgres or the data folder cannot be used.
    """
    settings = load_settings()
    hold_lifeline(settings)
    settings = with_development_keys(settings, DataFolder(settings.data_dir))
    configure_logging(settings.log_level)
    with with_database(settings) as ready:
        address = ready.worker_metrics_address
        metrics = MetricsServer.start(address, REGISTRY, "PAYMENTS_WORKER_METRICS_ADDRESS") if address else None
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_work(ready, metrics.address if metrics else ""))
        finally:
            if metrics:
                metrics.close()
    return 0


async def _work(settings: Settings, metrics_address: str) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await run_workers(settings, stopping, ready=lambda: _ready(metrics_address))


def _ready(metrics_address: str) -> None:
    """Everything that stays is made: tell whoever started this process that it works, one line, for programs."""
    settle_collector()
    sys.stdout.write(json.dumps({"event": "ready", "metrics_address": metrics_address}) + "\n")
    sys.stdout.flush()
