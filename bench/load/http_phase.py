"""HTTP/1.1 requests in a closed loop, one connection a caller, for load and nothing else.

The client reads the status and the length and no more: httpx would cost many times what the servers do.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any, cast

from bench.load.script import Script, load_script
from bench.load.tally import Tally, Window

_OK = b"HTTP/1.1 200 "
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


async def run(
    *,
    target: str,
    script: str,
    arguments: Mapping[str, Any],
    callers: int,
    warm_seconds: float,
    seconds: float,
) -> dict[str, Any]:
    """Run one phase in this process.

    Args:
        target: host:port, in the clear.
        script: `module:Class` of the requests, see `Script`.
        arguments: of that class.
        callers: requests in progress at any time.
        warm_seconds: before anything counts.
        seconds: what is measured.

    Raises:
        OSError: the server cannot be reached.
        TimeoutError: it does not answer.
    """
    requests = load_script(script, arguments)
    host, _, port = target.rpartition(":")
    loop = asyncio.get_running_loop()
    tally = Tally(Window.after(warm_seconds, seconds), callers)
    opened = [
        (await loop.create_connection(lambda: _Caller(requests, tally), host, int(port)))[1] for _ in range(callers)
    ]
    try:
        await tally.finished()
    finally:
        for caller in opened:
            caller.close()
    return tally.result()


def http_request(path: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    told = {"host": target, "content-type": "application/json", "content-length": str(len(body))} | dict(headers)
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + _HEAD_END + body


def whole_reply(buffer: bytes) -> tuple[str, bytes] | None:
    """What is wrong with a reply (empty: nothing), and its body; None while it is not all there.

    Raises:
        ValueError: it does not say how long it is.
    """
    head, found, rest = buffer.partition(_HEAD_END)
    if not found:
        return None
    length = _LENGTH.search(head + b"\r\n")
    if length is None:
        raise ValueError(f"a reply without a length: {head[:200]!r}")
    if len(rest) < int(length[1]):
        return None
    if head.startswith(_OK):
        return "", rest
    status = head.splitlines()[0] + b": " + rest[:200]
    return status.decode(errors="replace"), rest


class _Caller(asyncio.Protocol):
    """One of the callers, with its connection."""

    def __init__(self, requests: Script, tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._began: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Make the first request; the others follow from its reply."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type
        self._send(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        """Take the reply, once it is whole."""
        self._buffer += data
        reply = whole_reply(self._buffer)
        if reply is not None:
            self._buffer = b""
            failure, body = reply
            self._ended(failure, 0 if failure else self._requests.effects(body))

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that ends with a request in progress has failed it."""
        if self._began is not None:
            self._ended(f"the connection was lost: {exc or 'closed'}", 0)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _send(self, now: float) -> None:
        self._began = now
        if self._transport is not None:
            self._transport.write(self._requests.next())

    def _ended(self, failure: str, effects: int) -> None:
        again = self._tally.ended(self._began or 0.0, failure, effects)
        self._began = None
        if again is not None:
            self._send(again)
