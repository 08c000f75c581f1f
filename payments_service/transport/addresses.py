"""Where servers may listen, and how several of them share one port."""

import socket

from payments_service.config import ConfigurationError, Settings

GRPC_ADDRESS = "PAYMENTS_GRPC_ADDRESS"


def refuse_plaintext_beyond_loopback(settings: Settings) -> None:
    """Stop the start when tokens and money would cross a network unencrypted.

    Raises:
        ConfigurationError: the address can be reached from other machines.
    """
    if not settings.grpc_is_loopback:
        raise ConfigurationError(
            f"{GRPC_ADDRESS}: {settings.grpc_address} can be reached from other machines and there is no TLS: "
            "use 127.0.0.1, behind a proxy that speaks TLS where needed"
        )


def reserve(address: str) -> tuple[socket.socket, str]:
    """Take a port that several processes will share, without listening on it.

    The socket must stay open for as long as the processes may come and go: it keeps the port ours.

    Raises:
        ConfigurationError: the address is in use or not of this machine, or ports cannot be shared here.
    """
    reuse_port = getattr(socket, "SO_REUSEPORT", None)
    if reuse_port is None:
        raise ConfigurationError("PAYMENTS_GRPC_PROCESSES: this system cannot share a port: use 1")
    # First without sharing: sharing would also let us in beside a server that is not ours.
    check_free(address)
    reserved = _bind(address, reuse_port)
    bound = reserved.getsockname()
    host = f"[{bound[0]}]" if reserved.family == socket.AF_INET6 else bound[0]
    return reserved, f"{host}:{bound[1]}"


def check_free(address: str) -> None:
    """Find out in good time, and in plain words, whether an address can be listened on.

    Raises:
        ConfigurationError: it is in use, or not of this machine.
    """
    _bind(address, socket.SO_REUSEADDR).close()


def _bind(address: str, option: int) -> socket.socket:
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
        raise ConfigurationError(f"{GRPC_ADDRESS}: cannot listen on {address}: {why}") from None
    return bound
