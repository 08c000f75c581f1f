"""What a server says on standard output, as one JSON line, to whoever started it."""

import json
import sys


def announce_ready(address: str, metrics_address: str) -> None:
    """Say where the server is: gRPC, and metrics (empty when off)."""
    _line({"event": "ready", "address": address, "metrics_address": metrics_address})


def announce_failure(error: str) -> None:
    """Say why the start failed."""
    _line({"event": "failed", "error": error})


def _line(fields: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()
