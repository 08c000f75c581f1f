"""What a server says on standard output, as one JSON line, to whoever started it."""

import json
import sys

from payments_service.transport.addresses import Addresses


def announce_ready(addresses: Addresses, metrics_address: str) -> None:
    """Say where the server is: gRPC, gRPC for client certificates, and metrics; empty where there is none."""
    _line(
        {
            "event": "ready",
            "address": addresses.grpc,
            "mtls_address": addresses.mtls,
            "metrics_address": metrics_address,
        }
    )


def announce_failure(error: str) -> None:
    """Say why the start failed."""
    _line({"event": "failed", "error": error})


def _line(fields: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()
