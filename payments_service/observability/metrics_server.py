"""The `/metrics` endpoint: of this process alone, or of all processes that share a metrics folder."""

import os
from pathlib import Path
from threading import Thread
from typing import Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from payments_service.config import ConfigurationError

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Prometheus' own variable, which child processes find the shared folder by."""


class MetricsServer:
    """Serves metrics over HTTP from a thread.

    Attributes:
        address: host:port that it listens on.
    """

    def __init__(self, server: WSGIServer, thread: Thread, host: str) -> None:
        self._server = server
        self._thread = thread
        self.address = f"{host}:{server.server_port}"

    @classmethod
    def start(cls, address: str, registry: CollectorRegistry, variable: str = "PAYMENTS_METRICS_ADDRESS") -> Self:
        """Listen on `address` (port 0: a free one).

        Raises:
            ConfigurationError: the address cannot be listened on; `variable` is the setting that it came from.
        """
        host, _, port = address.rpartition(":")
        try:
            server, thread = start_http_server(int(port), host.strip("[]"), registry)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(f"{variable}: cannot listen on {address}: {error}") from None
        return cls(server, thread, host)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def shared_registry(folder: Path) -> CollectorRegistry:
    """A registry that adds up the metrics of every process that writes into the folder."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]  # the package types this one not
    return registry


def forget_process(pid: int, folder: Path) -> None:
    """Take a dead process out of gauges that count live ones. Its counters stay."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # the package types this one not


def shares_metrics() -> bool:
    """Whether this process writes into a folder that its parent serves."""
    return MULTIPROCESS_VARIABLE in os.environ
