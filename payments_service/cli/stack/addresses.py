"""Choosing addresses: what was set is what is used, and a default that is taken gives way to a free port."""

import contextlib
import socket
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from payments_service.cli.errors import EXIT_USAGE, CommandError

_ANY = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - compared with, never bound to


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen on.

    Attributes:
        text: host:port.
        instead_of: the default that was taken by another program, or empty.
    """

    text: str
    instead_of: str = ""

    @property
    def reachable(self) -> str:
        """Where to connect to it: any address of this machine is reached by loopback."""
        host, _, port = self.text.rpartition(":")
        return f"{_ANY.get(host, host)}:{port}"


class AddressBook:
    """Chooses addresses; holds each port until the end of the block, so that no two get the same."""

    def __init__(self) -> None:
        self._held = contextlib.ExitStack()

    def choose(self, variable: str, default: str, given: str | None) -> Address:
        """An address that is free at this moment.

        Args:
            variable: the setting's name, for the message.
            default: what is used when nothing was set.
            given: what was set, None when nothing was; port 0 asks for a free one.

        Raises:
            CommandError: what was set is taken or not an address of this machine.
        """
        if given is not None:
            try:
                return Address(self._hold(given))
            except OSError as error:
                raise CommandError(
                    f"{variable}: cannot listen on {given}: {error.strerror or error}; stop the program that uses it, "
                    "or set another address (port 0: a free one)",
                    EXIT_USAGE,
                ) from None
            except (ValueError, OverflowError):
                raise CommandError(
                    f"{variable}: {given!r} is not host:port, for example {default}", EXIT_USAGE
                ) from None
        try:
            return Address(self._hold(default))
        except OSError:
            return Address(self._hold(f"{default.rpartition(':')[0]}:0"), instead_of=default)

    def hand_over(self) -> None:
        """Let servers listen on the ports from now on.

        Linux lets them while the ports are held, so nobody else is given one in the meantime. Others do not.
        """
        if sys.platform != "linux":
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _hold(self, text: str) -> str:
        host, separator, port = text.rpartition(":")
        if not separator or not host:
            raise ValueError(text)
        family, kind, protocol, _, target = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        held = self._held.enter_context(socket.socket(family, kind, protocol))
        # As servers do: connections of an earlier one that are still fading away do not matter.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(target)
        return f"{host}:{held.getsockname()[1]}"
