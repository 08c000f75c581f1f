"""The frames that go over a connection, without one: what is written, and what becomes of what arrives."""

import asyncio
import struct

import pytest

from bench.load.hpack import request_headers
from bench.load.http2 import BROKEN, PREFACE, Connection, Reply, frame, grpc_message

DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
OK = b"\x00\x0bgrpc-status\x010"


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """What was written since: type, flags, stream, payload."""
        data, self.written = self.written.removeprefix(PREFACE), b""
        found = []
        while data:
            end = 9 + int.from_bytes(data[:3], "big")
            found.append((data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:end]))
            data = data[end:]
        return found


@pytest.fixture
async def wire() -> Wire:
    return Wire()


@pytest.fixture
async def connection(wire: Wire) -> Connection:
    connection = Connection(request_headers([("te", "trailers")]))
    connection.connection_made(wire)
    connection.data_received(frame(SETTINGS, 0, 0))
    assert connection.connected.done()
    wire.frames()
    return connection


def call(connection: Connection, body: bytes = b"ask") -> list[Reply]:
    replies: list[Reply] = []
    connection.call(body, replies.append)
    connection.flush()
    return replies


async def test_a_call_is_headers_and_a_message_and_the_reply_comes_in_any_pieces(
    connection: Connection, wire: Wire
) -> None:
    replies = call(connection)
    assert wire.frames() == [
        (HEADERS, END_HEADERS, 1, b"\x40\x02te\x08trailers"),
        (DATA, END_STREAM, 1, b"\0\0\0\0\x03ask"),
    ]
    answer = frame(HEADERS, END_HEADERS, 1, b"\x88") + frame(DATA, 0, 1, grpc_message(b"answer"))
    for byte in answer + frame(HEADERS, END_HEADERS | END_STREAM, 1, OK):
        assert replies == []
        connection.data_received(bytes([byte]))
    assert replies == [Reply(0, "", b"answer")]


async def test_later_calls_have_streams_of_their_own_and_short_headers(connection: Connection, wire: Wire) -> None:
    call(connection)
    wire.frames()
    call(connection)
    assert [each[2:] for each in wire.frames()] == [(3, b"\xbe"), (3, grpc_message(b"ask"))]


async def test_an_error_has_its_status_and_message(connection: Connection) -> None:
    replies = call(connection)
    trailers = b"\x00\x0bgrpc-status\x0216\x00\x0cgrpc-message\x07no%20no"
    connection.data_received(frame(HEADERS, END_HEADERS | END_STREAM, 1, trailers))
    assert replies == [Reply(16, "no no", b"")]


async def test_a_body_larger_than_the_window_waits_for_room(connection: Connection, wire: Wire) -> None:
    call(connection, b"x" * 100_000)
    sent = [each for each in wire.frames() if each[0] == DATA]
    assert sum(len(each[3]) for each in sent) == 65_535
    assert not any(each[1] & END_STREAM for each in sent)
    room = (100_005).to_bytes(4, "big")
    connection.data_received(frame(WINDOW, 0, 0, room) + frame(WINDOW, 0, 1, room))
    rest = [each for each in wire.frames() if each[0] == DATA]
    assert sum(len(each[3]) for each in (*sent, *rest)) == 100_005
    assert [bool(each[1] & END_STREAM) for each in rest] == [False] * (len(rest) - 1) + [True]


async def test_a_larger_window_for_streams_counts_for_those_that_are_open(connection: Connection, wire: Wire) -> None:
    connection.data_received(frame(WINDOW, 0, 0, (1 << 20).to_bytes(4, "big")))
    call(connection, b"x" * 100_000)
    wire.frames()
    connection.data_received(frame(SETTINGS, 0, 0, struct.pack("!HI", 4, 1 << 20)))
    assert sum(len(each[3]) for each in wire.frames() if each[0] == DATA) == 100_005 - 65_535


async def test_pings_and_settings_are_acknowledged(connection: Connection, wire: Wire) -> None:
    connection.data_received(frame(PING, 0, 0, b"12345678") + frame(SETTINGS, 0, 0))
    assert wire.frames() == [(PING, ACK, 0, b"12345678"), (SETTINGS, ACK, 0, b"")]
    connection.data_received(frame(PING, ACK, 0, b"12345678"))
    assert wire.frames() == []


async def test_calls_of_a_reset_stream_or_a_lost_connection_are_broken(connection: Connection) -> None:
    reset, lost = call(connection), call(connection)
    connection.data_received(frame(RESET, 0, 1, (8).to_bytes(4, "big")))
    connection.connection_lost(None)
    assert reset == [Reply(BROKEN, "the stream was reset: 8", b"")]
    assert lost == [Reply(BROKEN, "the connection was lost: closed", b"")]


async def test_a_server_that_goes_away_says_why(connection: Connection) -> None:
    with pytest.raises(ConnectionError, match="too_many_pings"):
        connection.data_received(frame(GOAWAY, 0, 0, bytes(8) + b"too_many_pings"))
