"""One HTTP/2 connection that makes unary gRPC calls (RFC 9113), for load and nothing else.

grpcio's own client costs as much CPU a call as a server does, and on a machine that both share it would hide half of
what is measured. This one writes frames that are made beforehand, looks at the few bytes of the reply that matter, and
calls back. It speaks to gRPC servers on C-core; what they do not do (padding, continuations) it refuses.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote

from bench.load.hpack import TABLE_BYTES_MAX, RequestHeaders, literal_fields

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BROKEN = -1
"""Status of a call that got none."""

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW, _FRAME_SIZE = 1, 2, 4, 5
_WINDOW_DEFAULT, _WINDOW_MAX, _FRAME_DEFAULT = 65_535, 2**31 - 1, 16_384
_SETTING = struct.Struct("!HI")
_GRPC_PREFIX = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """How a call ended: gRPC's status, its message, and the reply as serialised."""

    status: int
    message: str
    body: bytes


@dataclass(slots=True)
class _Stream:
    done: Callable[[Reply], None]
    window: int
    body: bytearray = field(default_factory=bytearray)


def frame(kind: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
    """A frame: length, type, flags, stream, payload."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream_id.to_bytes(4, "big") + payload


def grpc_message(serialised: bytes) -> bytes:
    """A message as gRPC puts it into a body: uncompressed, with its length."""
    return b"\0" + len(serialised).to_bytes(4, "big") + serialised


class Connection(asyncio.Protocol):
    """A connection to one method of a server. Calls may be made as soon as `connected` is done."""

    def __init__(self, headers: RequestHeaders) -> None:
        self._headers = headers
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._rest = b""
        self._streams: dict[int, _Stream] = {}
        self._waiting: deque[tuple[int, memoryview]] = deque()
        self._next_id = 1
        self._window = _WINDOW_DEFAULT
        self._stream_window = _WINDOW_DEFAULT
        self._frame_max = _FRAME_DEFAULT
        self._received = 0
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # -- calls

    def call(self, serialised: bytes, done: Callable[[Reply], None]) -> None:
        """Make a call; `done` gets its reply. Nothing is sent before `flush` or the end of a callback."""
        stream_id, self._next_id = self._next_id, self._next_id + 2
        stream = self._streams[stream_id] = _Stream(done, self._stream_window)
        block = self._headers.later if stream_id > 1 else self._headers.first
        self._out.append(frame(_HEADERS, _END_HEADERS, stream_id, block))
        body = grpc_message(serialised)
        if not self._waiting and len(body) <= min(self._window, stream.window, self._frame_max):
            self._window -= len(body)
            self._out.append(frame(_DATA, _END_STREAM, stream_id, body))
        else:
            self._waiting.append((stream_id, memoryview(body)))
            self._send_waiting()

    def flush(self) -> None:
        """Send what has been written."""
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
            self._out.clear()

    def close(self) -> None:
        """Close; calls in progress end as broken."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: no dynamic table for replies, no push, and windows that never close."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type
        settings = ((_TABLE_SIZE, 0), (_ENABLE_PUSH, 0), (_INITIAL_WINDOW, _WINDOW_MAX))
        self._out += (PREFACE, frame(_SETTINGS, 0, 0, b"".join(_SETTING.pack(*pair) for pair in settings)))
        self._out.append(_window_update(_WINDOW_MAX - _WINDOW_DEFAULT))
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.connected.done():
            self.connected.set_exception(exc or ConnectionError("the server closed the connection"))
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.done(Reply(BROKEN, f"the connection was lost: {exc or 'closed'}", b""))

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole."""
        buffer = self._rest + data
        at = 0
        while len(buffer) - at >= 9:  # noqa: PLR2004 - the length of a frame's head
            length = int.from_bytes(buffer[at : at + 3], "big")
            end = at + 9 + length
            if end > len(buffer):
                break
            stream_id = int.from_bytes(buffer[at + 5 : at + 9], "big")
            self._take(buffer[at + 3], buffer[at + 4], stream_id, buffer[at + 9 : end])
            at = end
        self._rest = buffer[at:]
        self.flush()

    # -- frames

    def _take(self, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        if kind == _DATA:
            self._take_data(flags, stream_id, payload)
        elif kind == _HEADERS:
            if flags & (_PADDED | _PRIORITY) or not flags & _END_HEADERS:
                raise ValueError(f"headers with flags {flags:#x} are not for this client")
            if flags & _END_STREAM:
                self._finish(stream_id, payload)
        elif kind == _WINDOW_UPDATE:
            self._widen(stream_id, int.from_bytes(payload, "big"))
        elif kind == _SETTINGS and not flags & _ACK:
            self._take_settings(payload)
        elif kind == _PING and not flags & _ACK:
            self._out.append(frame(_PING, _ACK, 0, payload))
        elif kind == _RST_STREAM:
            self._end(stream_id, Reply(BROKEN, f"the stream was reset: {int.from_bytes(payload, 'big')}", b""))
        elif kind == _GOAWAY:
            raise ConnectionError(f"the server closes the connection: {payload[8:].decode(errors='replace')}")

    def _take_data(self, flags: int, stream_id: int, payload: bytes) -> None:
        if flags & _PADDED:
            raise ValueError("padded data is not for this client")
        self._received += len(payload)
        if self._received > _WINDOW_MAX // 2:
            self._out.append(_window_update(self._received))
            self._received = 0
        if stream_id in self._streams:
            self._streams[stream_id].body += payload

    def _finish(self, stream_id: int, block: bytes) -> None:
        fields = literal_fields(block)
        status = int(fields.get("grpc-status", BROKEN))
        body = bytes(self._streams[stream_id].body[_GRPC_PREFIX:]) if stream_id in self._streams else b""
        self._end(stream_id, Reply(status, unquote(fields.get("grpc-message", "")), body))

    def _end(self, stream_id: int, reply: Reply) -> None:
        stream = self._streams.pop(stream_id, None)
        if stream is not None:
            stream.done(reply)

    def _take_settings(self, payload: bytes) -> None:
        for name, value in _SETTING.iter_unpack(payload):
            if name == _INITIAL_WINDOW:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
            elif name == _FRAME_SIZE:
                self._frame_max = value
            elif name == _TABLE_SIZE and value < TABLE_BYTES_MAX:
                raise ValueError(f"the server has room for {value} bytes of headers, and this client needs more")
        self._out.append(frame(_SETTINGS, _ACK, 0))
        if not self.connected.done():
            self.connected.set_result(None)
        self._send_waiting()

    # -- flow control of what is sent

    def _widen(self, stream_id: int, by: int) -> None:
        if stream_id == 0:
            self._window += by
        elif stream_id in self._streams:
            self._streams[stream_id].window += by
        self._send_waiting()

    def _send_waiting(self) -> None:
        """Send as much of the bodies that wait as the windows allow, each stream's own and then the next's."""
        for _ in range(len(self._waiting)):
            stream_id, body = self._waiting.popleft()
            stream = self._streams.get(stream_id)
            if stream is None:
                continue
            while body and (room := min(self._window, stream.window, self._frame_max)) > 0:
                part, body = body[:room], body[room:]
                self._window -= len(part)
                stream.window -= len(part)
                self._out.append(frame(_DATA, 0 if body else _END_STREAM, stream_id, bytes(part)))
            if body:
                self._waiting.append((stream_id, body))


def _window_update(by: int) -> bytes:
    return frame(_WINDOW_UPDATE, 0, 0, by.to_bytes(4, "big"))
