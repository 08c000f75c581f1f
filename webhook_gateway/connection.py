"""uvicorn's HTTP/1.1 connection, with limits on the head of a request, which uvicorn itself does not have."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from webhook_gateway.answers import Answer, failure, refused
from webhook_gateway.errors import NotRecordedError
from webhook_gateway.metrics import Metrics

HEAD_BYTES_MAX = 32_768
HEAD_TIMEOUT_S = 5.0
CONNECTIONS_MAX = 1_024
"""Each can hold a body of 256 KiB, so all of them together stay within 256 MiB."""


class BoundedConnection(HttpToolsProtocol):
    """A connection that must deliver a request's line and headers soon, and within 32 KiB.

    Between the requests of a connection that is kept alive, uvicorn's own keep-alive timeout counts.

    Attributes:
        metrics: Where refused connections are counted; set by the subclass that `counted_into` makes.
    """

    metrics: Metrics

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_open = True
        self._head_bytes = 0
        self._data_bytes = 0
        self._head_refused = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Starts the time of the first head, or turns the connection away: a flood must not take all memory."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_MAX:
            self.metrics.connections_refused.labels("too_many").inc()
            self._refuse(refused(NotRecordedError("TOO_MANY_CONNECTIONS")))
            return
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Drops the timer, which would keep the connection in memory."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what has arrived while a head is incomplete."""
        self._data_bytes = len(data)
        super().data_received(data)
        if not self._head_open:
            self._head_bytes = 0
            self._stop_timer()
            return
        self._head_bytes += len(data)
        self._start_timer()
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._head_refused = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Opens a head."""
        self._head_open = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Closes the head, which may have come in one piece that is too long.

        Raises:
            ValueError: It is too long; the parser turns that into a refusal.
        """
        self._head_open = False
        # Most requests come in one piece that is shorter than the limit: those are not measured at all.
        if self._head_bytes + self._data_bytes > HEAD_BYTES_MAX and self._measure_head() > HEAD_BYTES_MAX:
            self._head_refused = True
            raise ValueError("the head of the request is too long")
        super().on_headers_complete()

    def _measure_head(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.url)

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, or too much of it, in the gateway's own form, and hangs up."""
        if self._head_refused:
            self.metrics.connections_refused.labels("head_too_large").inc()
            self._refuse(failure(431, "webhook_malformed", f"the headers are longer than {HEAD_BYTES_MAX} bytes"))
        else:
            self.metrics.connections_refused.labels("invalid_http").inc()
            self._refuse(failure(400, "webhook_malformed", msg))

    def _on_head_timeout(self) -> None:
        self.metrics.connections_refused.labels("head_slow").inc()
        self._refuse(failure(408, "webhook_timeout", f"the headers did not arrive within {HEAD_TIMEOUT_S:g} s"))

    def _refuse(self, answer: Answer) -> None:
        """Writes an answer outside of any request and closes the connection."""
        headers = (*answer.headers, (b"content-length", str(len(answer.body)).encode()), (b"connection", b"close"))
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[answer.status], *lines, b"\r\n", answer.body]))
        self.transport.close()

    def _start_timer(self) -> None:
        if self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._on_head_timeout)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def counted_into(metrics: Metrics) -> type[BoundedConnection]:
    """Returns the connection class that counts into these metrics; uvicorn makes the instances itself."""
    return type("CountedConnection", (BoundedConnection,), {"metrics": metrics})
