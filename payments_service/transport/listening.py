"""Where the server listens, and whether in the clear: the one place that chooses credentials."""

import grpc

from payments_service.config import ConfigurationError, Settings
from payments_service.transport.addresses import GRPC_ADDRESS, check_free, refuse_plaintext_beyond_loopback


def listen(server: grpc.aio.Server, settings: Settings, address: str, *, share_port: bool) -> str:
    """Make the server listen on an address (port 0: a free one).

    Returns:
        The address with the port that it got.

    Raises:
        ConfigurationError: the address is in use or not of this machine, or plaintext would leave this machine.
    """
    refuse_plaintext_beyond_loopback(settings)
    if not share_port:
        check_free(address)  # gRPC would say it in many words of its own on standard error
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        port = 0
    if port == 0:
        raise ConfigurationError(
            f"{GRPC_ADDRESS}: cannot listen on {address}: in use, or not an address of this machine"
        )
    return f"{address.rpartition(':')[0]}:{port}"
