"""A small HTTP client that can do one thing, POST a body and learn the status, at little cost.

Deliveries outnumber API requests several times over, and a general client takes more time for one of them than the
API takes for a payment.
"""

import asyncio
import ssl
from collections import defaultdict
from urllib.parse import SplitResult, urlsplit

import httptools

_IDLE_MAX = 256
_PORTS = {"http": 80, "https": 443}


class _Connection(asyncio.Protocol):
    """One connection, with one request on it at a time."""

    def __init__(self) -> None:
        self.reusable = True
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._status: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"{transport!r} is no stream")
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Ends a request that still waits for its answer."""
        self.reusable = False
        self._end(error or ConnectionResetError("the receiver closed the connection without an answer"))

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, which calls the methods below."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(ConnectionError(f"the receiver's answer is no HTTP: {error}"))
            self.close()

    def on_message_complete(self) -> None:
        """The answer is complete."""
        self.reusable = self.reusable and self._parser.should_keep_alive()
        if self._status is not None and not self._status.done():
            self._status.set_result(self._parser.get_status_code())

    async def post(self, request: bytes) -> int:
        """Sends a whole request and waits for its answer.

        Raises:
            OSError: The connection ended before.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._status = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._status

    def close(self) -> None:
        """Ends the connection."""
        self.reusable = False
        if self._transport is not None:
            self._transport.close()

    def _end(self, error: Exception) -> None:
        if self._status is not None and not self._status.done():
            self._status.set_exception(error)


class PostClient:
    """POSTs bodies over connections that it keeps open."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._idle: dict[tuple[str, str, int], list[_Connection]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Sends one request; returns the status of the answer.

        Raises:
            OSError: No connection, or none that lasted until the answer; `TimeoutError` after the time limit.
            ValueError: The URL has no host or an impossible port.
        """
        parts = urlsplit(url)
        if parts.hostname is None or parts.scheme not in _PORTS:
            raise ValueError(f"{url!r} is no URL to send to")
        origin = (parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
        request = _written(parts, headers, body)
        async with asyncio.timeout(self._timeout_s):
            while self._idle[origin]:
                # The receiver may have closed an idle connection: that says nothing about a new one.
                try:
                    return await self._exchange(origin, self._idle[origin].pop(), request)
                except ConnectionError:
                    continue
            return await self._exchange(origin, await self._connect(*origin), request)

    def close(self) -> None:
        """Closes what is idle."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def _connect(self, scheme: str, host: str, port: int) -> _Connection:
        if scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        tls = self._tls if scheme == "https" else None
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, host, port, ssl=tls)
        return connection

    async def _exchange(self, origin: tuple[str, str, int], connection: _Connection, request: bytes) -> int:
        try:
            status = await connection.post(request)
        except BaseException:
            # Also when cancelled: what is half done cannot be used again.
            connection.close()
            raise
        if connection.reusable and len(self._idle[origin]) < _IDLE_MAX:
            self._idle[origin].append(connection)
        else:
            connection.close()
        return status


def _written(parts: SplitResult, headers: dict[str, str], body: bytes) -> bytes:
    """The request as it goes over the wire."""
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    host = parts.netloc.rpartition("@")[2]
    lines = [f"POST {target} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
