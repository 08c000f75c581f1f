"""The connection under a request: reading its body, writing the answer, cutting it off.

Cutting needs the server's help: `AbortableHttpProtocol` puts a function into the ASGI scope that aborts the transport.
"""

import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.http.reply import Reply

BODY_BYTES_MAX = 1 << 20
_ABORT = "stripe_sandbox.abort"
_LINGER_ZERO = struct.pack("ii", 1, 0)


class ConnectionCutError(Exception):
    """The connection is to be cut instead of answering."""


class ConnectionLostError(Exception):
    """The client went away before its whole request had arrived, so there is nothing to run and nobody to answer."""


class AbortableHttpProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, whose connections an application can abort."""

    def on_message_begin(self) -> None:
        """Begins a request and lends its scope the means to abort."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # a TypedDict that allows no key of our own
        scope.setdefault("extensions", {})[_ABORT] = self._abort

    def _abort(self) -> None:
        # Without lingering the peer sees a reset rather than an orderly end.
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()


async def cut_connection(scope: Scope, receive: Receive) -> None:
    """Aborts the connection of a request and waits until the server has noticed.

    Raises:
        RuntimeError: The server does not run `AbortableHttpProtocol`.
    """
    abort: Callable[[], None] | None = scope.get("extensions", {}).get(_ABORT)
    if abort is None:
        raise RuntimeError("a connection can only be cut when the sandbox runs on its own server: use SandboxServer")
    abort()
    while (await receive())["type"] != "http.disconnect":
        continue


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request.

    Raises:
        ConnectionLostError: It never arrives: of half a request even the half that did must not be run.
        StripeError: 413, it is larger than 1 MiB.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionLostError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise StripeError(413, "invalid_request_error", "Request body too large.", executed=False)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def send_reply(send: Send, reply: Reply, headers: dict[str, str]) -> None:
    """Writes status, headers and body."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(reply.body)).encode("ascii")))
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})
