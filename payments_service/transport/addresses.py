"""Where servers may listen, and how several of them share one port."""

import socket
from typing import NamedTuple, Self

from payments_service.config import ConfigurationError, Settings

GRPC_ADDRESS = "PAYMENTS_GRPC_ADDRESS"
GRPC_MTLS_ADDRESS = "PAYMENTS_GRPC_MTLS_ADDRESS"


class Addresses(NamedTuple):
    """Where a server listens, as host:port.

    Attributes:
        grpc: for all callers.
        mtls: for callers with a client certificate; empty when there is no address of its own for them.
    """

    grpc: str
    mtls: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The addresses of the settings."""
        return cls(settings.grpc_address, settings.grpc_mtls_address)


def reserve(address: str, variable: str = GRPC_ADDRESS) -> tuple[socket.socket, str]:
    """Take a port that several processes will share, without listening on it.

    The socket must stay open for as long as the processes may come and go: it keeps the port ours.

    Args:
        address: port 0 takes a free one.
        variable: the setting that the address comes from, for the message.

    Returns:
        The socket, and the address with its port.

    Raises:
        ConfigurationError: the address is in use or not of this machine, or ports cannot be shared here.
    """
    reuse_port = getattr(socket, "SO_REUSEPORT", None)
    if reuse_port is None:
        raise ConfigurationError("PAYMENTS_GRPC_PROCESSES: this system cannot share a port: use 1")
    # First without sharing: sharing would also let us in beside a server that is not ours.
    check_free(address, variable)
    reserved = _bind(address, reuse_port, variable)
    bound = reserved.getsockname()
    host = f"[{bound[0]}]" if reserved.family == socket.AF_INET6 else bound[0]
    return reserved, f"{host}:{bound[1]}"


def check_free(address: str, variable: str = GRPC_ADDRESS) -> None:
    """Find out in good time, and in plain words, whether the address of a setting can be listened on.

    Raises:
        ConfigurationError: it is in use, or not of this machine.
    """
    _bind(address, socket.SO_REUSEADDR, variable).close()


def _bind(address: str, option: int, variable: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    bound: socket.socket | None = None
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind(target)
    except (OSError, OverflowError) as error:
        if bound is not None:
            bound.close()
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"{variable}: cannot listen on {address}: {why}") from None
    return bound
