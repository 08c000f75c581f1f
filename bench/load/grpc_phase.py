"""Calls of one gRPC method in a closed loop: so many at once, each followed by the next."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.load.hpack import request_headers
from bench.load.http2 import Connection, Reply
from bench.load.script import Script, load_script
from bench.load.tally import PATIENCE_SECONDS, Tally, Window


async def run(
    *,
    target: str,
    method: str,
    token: str,
    script: str,
    arguments: Mapping[str, Any],
    callers: int,
    connections: int,
    warm_seconds: float,
    seconds: float,
) -> dict[str, Any]:
    """Run one phase in this process.

    Args:
        target: host:port, in the clear.
        method: `package.Service/Method`.
        token: bearer token; empty: none.
        script: `module:Class` of the requests, see `Script`.
        arguments: of that class.
        callers: calls in progress at any time.
        connections: over which they are spread.
        warm_seconds: before anything counts.
        seconds: what is measured.

    Raises:
        OSError: the server cannot be reached.
        TimeoutError: it does not answer.
    """
    headers = request_headers(_headers(target, method, token))
    requests = load_script(script, arguments)
    host, _, port = target.rpartition(":")
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: Connection(headers), host, int(port)))[1] for _ in range(connections)
    ]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(connection.connected for connection in opened))
        tally = Tally(Window.after(warm_seconds, seconds), callers)
        for number in range(callers):
            _Caller(opened[number % connections], requests, tally).begin()
        for connection in opened:
            connection.flush()
        await tally.finished()
    finally:
        for connection in opened:
            connection.close()
    return tally.result()


def _headers(target: str, method: str, token: str) -> Sequence[tuple[str, str]]:
    authorization = [("authorization", f"Bearer {token}")] if token else []
    return [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", f"/{method}"),
        (":authority", target),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", "bench"),
        ("grpc-timeout", "30S"),
        *authorization,
    ]


class _Caller:
    """One of the callers."""

    def __init__(self, connection: Connection, requests: Script, tally: Tally) -> None:
        self._connection = connection
        self._requests = requests
        self._tally = tally
        self._began = 0.0

    def begin(self) -> None:
        """Make the first call; the others follow from its reply."""
        self._began = time.perf_counter()
        self._connection.call(self._requests.next(), self._ended)

    def _ended(self, reply: Reply) -> None:
        failure = f"status {reply.status}: {reply.message}" if reply.status else ""
        effects = 0 if failure else self._requests.effects(reply.body)
        again = self._tally.ended(self._began, failure, effects)
        if again is not None:
            self._began = again
            self._connection.call(self._requests.next(), self._ended)
