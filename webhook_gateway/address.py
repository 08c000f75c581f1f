"""Addresses of the form `host:port`, for listening and for calling."""

import ipaddress
from dataclasses import dataclass

PORT_MAX = 65_535


@dataclass(frozen=True)
class Address:
    """A host and a port. Port 0 asks for any free one.

    Attributes:
        host: A name or an IP address, IPv6 without brackets.
        port: From 0 to 65535.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Reads `host:port` or `[ipv6]:port`.

    Raises:
        ValueError: It is neither.
    """
    host, separator, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address goes in brackets, like [::1]:8080")
    if not separator or not host or not (port.isascii() and port.isdigit()) or int(port[:6]) > PORT_MAX:
        raise ValueError("expected host:port, like 127.0.0.1:8080")
    return Address(host, int(port))


def is_loopback(host: str) -> bool:
    """Tells whether what is sent to a host never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
