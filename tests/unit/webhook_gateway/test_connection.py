"""Connections, against uvicorn's own: the same scopes, and the same time to come with another request."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from webhook_gateway.connection import HEAD_TIMEOUT_S, Connection, connections_for
from webhook_gateway.metrics import Metrics

KEEP_ALIVE_S = 75
GET = b"GET /healthz?of=me HTTP/1.1\r\nHost: g\r\n\r\n"


class Timer:
    """What a loop gives for a callback that is due later."""

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due, self.callback, self.cancelled = due, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A loop whose time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.started = 0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        self.started += 1
        self.timers.append(Timer(self.now + delay, callback))
        return self.timers[-1]

    def waiting(self) -> list[Timer]:
        return [timer for timer in self.timers if not timer.cancelled]

    def pass_until(self, end: float) -> None:
        while due := [timer for timer in self.waiting() if timer.due <= end]:
            timer = min(due, key=lambda timer: timer.due)
            self.timers.remove(timer)
            self.now = timer.due
            timer.callback()
        self.now = end


class Transport(asyncio.Transport):
    """A client that is there until the connection is closed."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 50_000), "sockname": ("192.0.2.2", 8080)})
        self.closed_at: float | None = None
        self.loop = Loop()

    def write(self, data: Any) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self.closed_at is not None

    def close(self) -> None:
        if self.closed_at is None:
            self.closed_at = self.loop.now


def _connect(kind: type[HttpToolsProtocol], app: Any = None, **state: object) -> tuple[HttpToolsProtocol, Transport]:
    """Returns a connection just made, where a request is answered only when the test says so, and its client."""
    cycles: list[RequestResponseCycle] = []

    def start(_: HttpToolsProtocol, cycle: RequestResponseCycle, __: object) -> None:
        cycles.append(cycle)

    kind = type(kind.__name__, (kind,), {"_start_asgi_task": start, "cycles": cycles})
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, timeout_keep_alive=KEEP_ALIVE_S)
    transport = Transport()
    connection = kind(config, ServerState(), dict(state), transport.loop)  # type: ignore[arg-type]  # all that is used of a loop
    connection.connection_made(transport)
    return connection, transport


@pytest.fixture
def kept() -> tuple[HttpToolsProtocol, Transport]:
    return _connect(connections_for({}, Metrics()))


def _answer(connection: HttpToolsProtocol) -> None:
    connection.cycle.response_complete = True
    connection.on_response_complete()


def test_an_idle_connection_is_closed_in_time_after_its_last_answer(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    for moment in (1.0, 50.0, 100.0):
        client.loop.pass_until(moment)
        connection.data_received(GET)
        _answer(connection)
    client.loop.pass_until(1_000.0)
    assert client.closed_at == 100.0 + KEEP_ALIVE_S
    assert client.loop.waiting() == []


def test_requests_one_after_the_other_start_no_timers(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    connection.data_received(GET)
    _answer(connection)
    started = client.loop.started
    for _ in range(100):
        connection.data_received(GET)
        _answer(connection)
    assert client.loop.started == started


def test_a_connection_is_not_closed_while_a_request_is_worked_on(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    connection.data_received(GET)
    _answer(connection)
    client.loop.pass_until(70.0)
    connection.data_received(GET)
    client.loop.pass_until(500.0)
    assert client.closed_at is None
    _answer(connection)
    client.loop.pass_until(1_000.0)
    assert client.closed_at == 500.0 + KEEP_ALIVE_S


def test_a_head_that_has_begun_has_its_own_time(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    connection.data_received(GET)
    _answer(connection)
    client.loop.pass_until(74.0)
    connection.data_received(GET[:10])
    client.loop.pass_until(1_000.0)
    assert client.closed_at == 74.0 + HEAD_TIMEOUT_S


def test_a_request_that_began_before_the_last_answer_is_not_cut_off(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    connection.data_received(GET + GET[:10])
    _answer(connection)
    client.loop.pass_until(1.0)
    connection.data_received(GET[10:])
    client.loop.pass_until(500.0)
    assert client.closed_at is None
    _answer(connection)
    client.loop.pass_until(1_000.0)
    assert client.closed_at == 500.0 + KEEP_ALIVE_S


def test_line_ends_between_requests_keep_no_connection(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    connection.data_received(GET)
    _answer(connection)
    for moment in (1.0, 30.0, 70.0):
        client.loop.pass_until(moment)
        connection.data_received(b"\r\n")
    client.loop.pass_until(1_000.0)
    assert client.closed_at == KEEP_ALIVE_S


def test_a_body_behind_its_answer_keeps_no_connection(kept: tuple[Connection, Transport]) -> None:
    connection, client = kept
    connection.data_received(b"POST /healthz HTTP/1.1\r\nHost: g\r\nContent-Length: 1000\r\n\r\n")
    _answer(connection)
    for moment in (30.0, 60.0):
        client.loop.pass_until(moment)
        connection.data_received(b"x")
    client.loop.pass_until(1_000.0)
    assert client.closed_at == KEEP_ALIVE_S


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_a_connection_that_is_gone_is_kept_by_no_timer(
    kept: tuple[Connection, Transport], error: Exception | None
) -> None:
    connection, client = kept
    connection.data_received(GET)
    _answer(connection)
    connection.connection_lost(error)
    assert client.loop.waiting() == []


def test_the_next_request_in_waiting_has_its_turn_after_an_answer(kept: tuple[Any, Transport]) -> None:
    connection, client = kept
    connection.data_received(GET + GET.replace(b"GET", b"PUT"))
    assert [cycle.scope["method"] for cycle in connection.cycles] == ["GET"]
    connection.on_response_complete()
    assert [cycle.scope["method"] for cycle in connection.cycles] == ["GET", "PUT"]
    client.loop.pass_until(1_000.0)
    assert client.closed_at is None


tokens = st.text("abcXYZ019-", min_size=1, max_size=8).map(str.encode)
requests = st.builds(
    lambda method, target, version, headers: (
        b"%b %b HTTP/%b\r\n" % (method, target, version)
        + b"".join(b"%b: %b\r\n" % header for header in headers)
        + b"\r\n"
    ),
    st.sampled_from([b"GET", b"HEAD", b"DELETE", b"POST"]),
    st.sampled_from([b"/", b"/healthz", b"/a%20b?x=%20", b"http://g/metrics?y", b"/stripe", b"*"]),
    st.sampled_from([b"1.0", b"1.1"]),
    st.lists(
        st.tuples(tokens, tokens)
        | st.sampled_from([(b"Expect", b"100-Continue"), (b"expect", b"else"), (b"Connection", b"close")]),
        max_size=5,
    ),
)


@given(st.lists(requests, min_size=1, max_size=3), st.integers(1, 50))
def test_every_other_request_is_to_its_application_what_uvicorn_makes_of_it(sent: list[bytes], size: int) -> None:
    seen = []
    for kind in (HttpToolsProtocol, connections_for({}, Metrics())):
        connection, _ = _connect(kind, some="state")
        data = b"".join(sent)
        for start in range(0, len(data), size):
            if connection.transport.is_closing():
                break
            connection.data_received(data[start : start + size])
        waiting = [cycle for cycle, _ in reversed(connection.pipeline)]
        cycles = [*connection.cycles, *waiting]  # type: ignore[attr-defined]  # of the class made here
        seen.append([(cycle.scope, cycle.waiting_for_100_continue, cycle.keep_alive) for cycle in cycles])
    assert seen[0] == seen[1]
    assert seen[0]
