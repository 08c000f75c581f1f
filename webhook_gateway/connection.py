"""uvicorn's HTTP/1.1 connection, with deliveries handed to their endpoint at once, and limits on the head of a request.

uvicorn has no such limits, and gives each request a task of its own, with an ASGI application's messages to and fro.
That is for everything but deliveries.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from webhook_gateway.answers import Answer, failure, refused, render
from webhook_gateway.delivery import Delivery, WebhookEndpoint
from webhook_gateway.errors import NotRecordedError
from webhook_gateway.metrics import Metrics
from webhook_gateway.request_id import HEADER_NAME as REQUEST_ID_HEADER

HEAD_BYTES_MAX = 32_768
HEAD_TIMEOUT_S = 5.0
LINGER_S = 1.0
"""How long a connection is read on, and what comes thrown away, after an answer in the middle of a body: closed with
bytes unread, it would be reset, and the client would never see the answer."""
CONNECTIONS_MAX = 1_024
"""Each can hold a body of 256 KiB, so all of them together stay within 256 MiB."""


class Connection(HttpToolsProtocol):
    """A connection that must deliver a request's line and headers soon, and within 32 KiB.

    Between the requests of a connection that is kept alive, uvicorn's own keep-alive timeout counts. A delivery is, to
    uvicorn's code, what is being answered (its `cycle`), and waits its turn like any request.

    Attributes:
        endpoints: Who takes deliveries, by path; set by the subclass that `connections_for` makes, as the next.
        metrics: Where refused connections are counted.
    """

    endpoints: Mapping[bytes, WebhookEndpoint]
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
        self._delivery: Delivery | None = None
        self._unread: Delivery | None = None
        self._lingers = False
        self._idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Starts the time of the first head, or turns the connection away: a flood must not take all memory."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_MAX:
            self.metrics.connections_refused.labels("too_many").inc()
            self._refuse(refused(NotRecordedError("TOO_MANY_CONNECTIONS")))
            return
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Drops the timers, which would keep the connection in memory, and lets a delivery know."""
        self._stop_timer()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        super().connection_lost(exc)
        if self._delivery is not None:
            self._delivery.abort()

    def data_received(self, data: bytes) -> None:
        """Counts what has arrived while a head is incomplete."""
        if self._lingers:
            return
        self._data_bytes = len(data)
        super().data_received(data)
        if not self._head_open:
            self._head_bytes = 0
            self._stop_timer()
            if self._delivery is not None:
                self._delivery.expect_rest()
            return
        self._head_bytes += len(data)
        self._start_timer()
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._head_refused = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Opens a head."""
        self._head_open = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Closes the head, which may have come in one piece that is too long.

        Raises:
            ValueError: It is too long, or comes after the last answer; the parser turns that into a refusal.
        """
        self._head_open = False
        self._idle_since = None
        if self._lingers:
            raise ValueError("a request behind one after which the connection ends")
        # Most requests come in one piece that is shorter than the limit: those are not measured at all.
        if self._head_bytes + self._data_bytes > HEAD_BYTES_MAX and self._measure_head() > HEAD_BYTES_MAX:
            self._head_refused = True
            raise ValueError("the head of the request is too long")
        endpoint = self._endpoint()
        if endpoint is None:
            self._make_scope()
            super().on_headers_complete()
            return
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        delivery = Delivery(endpoint, self.headers, self, keep_alive=keep_alive)
        # None before the first request, whatever uvicorn's types say.
        waits = self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]
        self.cycle = self._delivery = delivery  # type: ignore[assignment]  # has all that uvicorn asks of a cycle
        if waits:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))
        else:
            delivery.start()

    def _make_scope(self) -> None:
        """Makes up for what uvicorn does at the beginning of each request, and what a delivery has no use for."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers += headers  # the scope has this very list
        self.expect_100_continue = expects

    def on_body(self, body: bytes) -> None:
        """Hands on a part of a body."""
        if self._delivery is None:
            super().on_body(body)
        else:
            self._delivery.feed(body)

    def on_message_complete(self) -> None:
        """Ends a body."""
        if self._delivery is None:
            super().on_message_complete()
        else:
            delivery, self._delivery = self._delivery, None
            delivery.end()

    def ask(self) -> None:
        """Tells a client that waits for it to send its body."""
        self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def answer(self, delivery: Delivery, answer: Answer, request_id: str) -> None:
        """Answers a delivery, and lets the next request have its turn."""
        if self.transport.is_closing():
            delivery.response_complete = True
            return
        if answer.closes:
            delivery.keep_alive = False
        more = (*self.server_state.default_headers, (REQUEST_ID_HEADER, request_id.encode()))
        self.transport.write(render(answer, more, keep_alive=delivery.keep_alive))
        if self.flow.write_paused:
            self._unread = delivery
        else:
            self._complete(delivery)

    def resume_writing(self) -> None:
        """Takes requests again from a client that has read its answers, which it gets no more of until then."""
        super().resume_writing()
        if self._unread is not None and not self.transport.is_closing():
            delivery, self._unread = self._unread, None
            self._complete(delivery)

    def _complete(self, delivery: Delivery) -> None:
        delivery.response_complete = True
        if delivery is self._delivery and not delivery.keep_alive:
            self._lingers = True
            self.transport.write_eof()
            self.flow.resume_reading()
            self.loop.call_later(LINGER_S, self.transport.close)
            return
        if not delivery.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """Gives the next request its turn, or some time to come. Not as uvicorn does, who starts a timer each time."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle_since = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._keep_alive_for(self.timeout_keep_alive)

    def _unset_keepalive_if_required(self) -> None:
        """Leaves the timer alone, whatever arrives: it looks by itself, when due, whether a request has come."""

    def _keep_alive_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Hangs up on a client that has sent nothing for too long, or looks again when that could be."""
        self.timeout_keep_alive_task = None
        if self._head_open or self._idle_since is None:
            return  # a request has begun; its answer starts the time anew
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._keep_alive_for(left)
        else:
            super().timeout_keep_alive_handler()

    def _start_asgi_task(self, cycle: RequestResponseCycle | Delivery, app: ASGI3Application) -> None:
        """Gives a request its turn; a delivery not from here, where the one before it may just be being answered."""
        if isinstance(cycle, Delivery):
            self.loop.call_soon(self._begin, cycle)
        else:
            super()._start_asgi_task(cycle, app)

    def _begin(self, delivery: Delivery) -> None:
        if not self.transport.is_closing():
            delivery.start()
            delivery.expect_rest()

    def _endpoint(self) -> WebhookEndpoint | None:
        """Returns who takes a delivery, or nobody if the request is none."""
        if self.parser.get_method() != b"POST":
            return None
        # Nearly always the path and nothing else.
        return self.endpoints.get(self.url) or self.endpoints.get(_path_of(self.url))

    def _measure_head(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.url)

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, or too much of it, in the gateway's own form, and hangs up."""
        if self._lingers:
            return  # it has had its last answer
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
        self.transport.write(render(answer, (), keep_alive=False))
        self.transport.close()

    def _start_timer(self) -> None:
        if self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._on_head_timeout)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _path_of(url: bytes) -> bytes:
    """Returns the path of a request's target, as uvicorn has it: without host and query, and with nothing escaped."""
    path: bytes = httptools.parse_url(url).path or b""
    return unquote_to_bytes(path) if b"%" in path else path


def connections_for(endpoints: Mapping[str, WebhookEndpoint], metrics: Metrics) -> type[Connection]:
    """Returns the class of the connections that deliver there; uvicorn makes the instances itself."""
    by_path = {path.encode(): endpoint for path, endpoint in endpoints.items()}
    return type("GatewayConnection", (Connection,), {"endpoints": by_path, "metrics": metrics})
