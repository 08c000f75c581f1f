"""How gRPC's core is told to behave. It reads the environment once, when grpc is imported: this must come first."""

import os

GRPC_ENVIRONMENT = {
    # Its own lines on standard error have a form of their own, and most are about no trouble.
    "GRPC_VERBOSITY": "ERROR",
    # It would poll sockets on threads of its own, besides the one of grpc.aio: twice as dear (decision 0066).
    "GRPC_EXPERIMENTS": "-event_engine_client,-event_engine_listener",
}
"""Variables that hold unless they are set already."""


def tell_grpc_core() -> None:
    """Set them for this process and its children."""
    for name, value in GRPC_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
