"""Requests that nobody in his right mind sends: what the fuzzing of the gateway is made of.

Each is bytes for a connection of its own. Some are no HTTP, some are HTTP with odd headers or framing, some are well
framed and well signed with an odd body, and a few are in order.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.integration.webhook_gateway.harness import PATIENCE_S, PLATFORM_SECRETS, event, sign

SECRET = PLATFORM_SECRETS[0]
ANSWERS = frozenset({200, 400, 401, 404, 405, 408, 413, 415, 431})
"""Every status that a request may get while the payments service is well."""


@dataclass(frozen=True, repr=False)
class OddRequest:
    """A request.

    Attributes:
        raw: What is sent.
        signed: Whether it is whole, well framed and well signed, so that it is recorded or malformed and nothing else.
    """

    raw: bytes
    signed: bool = False

    def __repr__(self) -> str:
        """Short: bodies have a thousand kilobytes sometimes."""
        return f"{len(self.raw)} bytes, {'signed' if self.signed else 'odd'}: {self.raw[:1_000]!r}"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """What Hypothesis asks before it prints every byte."""
        printer.text(repr(self))


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "",
        "\x00",
        "evt_1",
        "evt_" + "x" * 300,
        "é",
        "\u202e",
        "payment_intent.succeeded",
        "charge",
        "acct_1",
        "a\r\nb: c",
    ]
)
_SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | _TEXTS
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_TEXTS | st.sampled_from(["id", "object", "data"]), inner, max_size=4)
    ),
    max_leaves=6,
)
_CONTENT = st.fixed_dictionaries(
    {},
    optional={
        name: _VALUES | st.fixed_dictionaries({"id": _VALUES})
        for name in ("id", "object", "customer", "latest_charge", "payment_intent", "balance_transaction", "parent")
    },
)
_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": _VALUES,
        "type": _VALUES,
        "account": _VALUES,
        "livemode": _VALUES,
        "created": _VALUES,
        "api_version": _VALUES,
        "data": _VALUES | st.fixed_dictionaries({"object": _CONTENT | _VALUES}),
    },
)
_NUMBERS = st.sampled_from(
    ["9" * 5_000, "1e999", "-0", "1E400", "0.1e-400", "-" + "9" * 40, "00", "NaN", "Infinity", "0x1"]
)


@st.composite
def _nested(draw: st.DrawFn) -> bytes:
    """Brackets around brackets: closed or not, within what may be parsed and beyond."""
    depth = draw(st.sampled_from([1, 100, 1_000, 1_023, 1_024, 1_025, 5_000, 100_000]))
    opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
    inner = "1" if opening != "[" else ""
    return (opening * depth + inner + closing * draw(st.sampled_from([depth, depth, 0, depth - 1]))).encode()


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    """A good event with some bytes replaced, cut out or put in."""
    body = bytearray(event(draw(st.sampled_from(["evt_1", "evt_2", "evt_3"]))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(body) - 1)))
        body[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(body)


BODIES = st.one_of(
    st.just(event("evt_good")),
    _EVENTS.map(lambda value: json.dumps(value).encode()),
    _VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    _NUMBERS.map(lambda number: f'{{"id":"evt_1","created":{number}}}'.encode()),
    _nested(),
    _broken(),
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"",
            b"null",
            b"\xff\xfe{}",
            b"\xef\xbb\xbf{}",
            b'{"id":"\\ud800"}',
            b'{"a":1}{"b":2}',
            b'{"id":1,"id":"evt_2"}',
        ]
    ),
    st.sampled_from([262_143, 262_144, 262_145, 300_000]).map(lambda size: b'"' + b"x" * (size - 2) + b'"'),
)

_FRAGMENTS = st.sampled_from(
    [
        b"t=1",
        b"t=",
        b"v1=",
        b"v0=",
        b",",
        b"=",
        b"9" * 40,
        b"-1",
        b"\xff\xfe",
        "é".encode(),
        b" ",
        b"\t",
        b"1e9",
        b"0" * 64,
    ]
)
_NAMES = st.sampled_from(
    [b"Content-Type", b"Content-Encoding", b"Expect", b"Connection", b"Upgrade", b"X-Request-Id", b"Host", b"Trailer"]
)
_BAD_NAMES = st.sampled_from([b"Content-Length", b"Transfer-Encoding", b"\xc3\xa9", b"", b"a b", b"X-\x00"])
_HEADER_VALUES = st.sampled_from(
    [b"", b"gzip", b"identity", b"100-continue", b"upgrade", b"websocket", b"h2c", b"application/json; charset=\xff"]
)
_BAD_VALUES = st.sampled_from(
    [b"chunked", b"gzip, chunked", b"-5", b"5", b"+5", b"0x5", b"9" * 26, b"x\x00y", b"x" * 5_000, b"\x01\x02"]
)
_PATHS = st.sampled_from(
    [b"/stripe/webhook"] * 8
    + [b"/stripe/connect/webhook", b"/", b"/%ff", b"http://x/stripe/webhook", b"//", b"/stripe/webhook/", b"/metrics"]
)
_BAD_PATHS = st.sampled_from([b"/\xff", b"*", b"", b"/stripe/webhook?a=\x01", b"/ /", b"/" + b"x" * 40_000])
_METHODS = st.sampled_from([b"POST"] * 8 + [b"GET", b"PUT", b"OPTIONS", b"HEAD"])
_BAD_METHODS = st.sampled_from([b"CONNECT", b"PRI", b"\x00", b"post", b""])


def _head(
    path: bytes, headers: list[tuple[bytes, bytes]], method: bytes = b"POST", version: bytes = b"HTTP/1.1"
) -> bytes:
    lines = [method + b" " + path + b" " + version, *(name + b": " + value for name, value in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


@st.composite
def _chunked(draw: st.DrawFn, body: bytes, *, sound: bool) -> bytes:
    """A body in chunks; unless it is to be sound, with something wrong about them."""
    parts: list[bytes] = []
    position = 0
    while position < len(body):
        size = draw(st.integers(1, max(1, len(body) // 2 + 1)))
        part = body[position : position + size]
        position += size
        extension = draw(st.sampled_from([b"", b"", b";a=b", b' ;x="y"']))
        parts.append(b"%x%s\r\n%s\r\n" % (len(part), extension, part))
    end = draw(st.sampled_from([b"0\r\n\r\n", b"000\r\n\r\n", b"0\r\nX-Trailer: 1\r\n\r\n"]))
    if sound:
        return b"".join(parts) + end
    wrong = draw(
        st.sampled_from(
            [b"", b"-1\r\n", b"zz\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabc\r\n", b"\x00", b"5;" + b"x" * 9_000]
        )
    )
    parts.insert(draw(st.integers(0, len(parts))), wrong)
    return b"".join(parts) + draw(st.sampled_from([end, b""]))


@st.composite
def _signed(draw: st.DrawFn) -> OddRequest:
    """Well framed and well signed, with any body."""
    body = draw(BODIES)
    headers = [(b"Host", b"g"), (b"Connection", b"close"), (b"Stripe-Signature", sign(body, SECRET).encode())]
    if draw(st.booleans()):
        return OddRequest(
            _head(b"/stripe/webhook", [*headers, (b"Content-Length", b"%d" % len(body))]) + body, signed=True
        )
    chunks = draw(_chunked(body, sound=True))
    return OddRequest(_head(b"/stripe/webhook", [*headers, (b"Transfer-Encoding", b"chunked")]) + chunks, signed=True)


@st.composite
def _doubtful(draw: st.DrawFn) -> OddRequest:
    """Sound HTTP, of which Stripe would send none: odd headers, paths, methods and signatures."""
    body = draw(BODIES)
    headers = draw(st.lists(st.tuples(_NAMES, _HEADER_VALUES), max_size=2))
    headers += [(b"Content-Length", b"%d" % len(body)), (b"Connection", b"close")]
    if draw(st.booleans()):
        headers.append((b"Stripe-Signature", sign(body, SECRET, draw(st.sampled_from([0, 0, -301, 303]))).encode()))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        headers.append((b"Stripe-Signature", b"".join(draw(st.lists(_FRAGMENTS, max_size=8)))))
    return OddRequest(_head(draw(_PATHS), headers, draw(_METHODS)) + body)


@st.composite
def _unsound(draw: st.DrawFn) -> OddRequest:
    """HTTP with something wrong about its line, its headers, its framing or its end."""
    body = draw(BODIES)
    headers = [(b"Stripe-Signature", sign(body, SECRET).encode()), draw(st.tuples(_NAMES, _BAD_VALUES))]
    wrong = draw(st.sampled_from(["name", "length", "two lengths", "chunks", "both", "none", "line", "version", "cut"]))
    length = (b"Content-Length", b"%d" % len(body))
    other = (b"Content-Length", b"%d" % max(0, len(body) + draw(st.sampled_from([-1, 1, 7]))))
    chunked = (b"Transfer-Encoding", b"chunked")
    headers += {"length": [other], "two lengths": [length, other], "chunks": [chunked], "both": [length, chunked]}.get(
        wrong, [length]
    )
    if wrong == "none":
        headers.pop()
    if wrong == "name":
        headers.append((draw(_BAD_NAMES), draw(_BAD_VALUES)))
    if wrong in {"chunks", "both"}:
        body = draw(_chunked(body, sound=False))
    path, method = (draw(_BAD_PATHS), draw(_BAD_METHODS)) if wrong == "line" else (b"/stripe/webhook", b"POST")
    version = draw(st.sampled_from([b"HTTP/1.0", b"HTTP/9.9", b"HTTP/2.0", b""])) if wrong == "version" else b"HTTP/1.1"
    raw = _head(path, headers, method, version) + body
    return OddRequest(raw[: draw(st.integers(0, len(raw)))] if wrong == "cut" else raw)


async def send(address: str, request: OddRequest, silence_s: float = PATIENCE_S) -> bytes:
    """Sends a request over a connection of its own, and returns what came back until it ended or nothing came.

    Whoever sends more than is read may see the connection reset, as with any server.
    """
    reader, writer = await asyncio.open_connection(*address.rsplit(":", 1))
    answer = bytearray()
    try:
        writer.write(request.raw)
        while part := await asyncio.wait_for(reader.read(65_536), silence_s):
            answer += part
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
    return bytes(answer)


REQUESTS = st.one_of(_signed(), _doubtful(), _unsound(), st.binary(max_size=60).map(OddRequest))


def statuses(response: bytes) -> list[int]:
    """The status of every answer in what came back over a connection, "100 Continue" left out."""
    found = [int(part.split(b" ", 1)[0]) for part in response.split(b"HTTP/1.1 ")[1:]]
    return [status for status in found if status != 100]


def complaint(request: OddRequest, response: bytes, *, hasty: bool = False) -> str:
    """What is wrong with an answer; empty when nothing is.

    Args:
        request: What was sent.
        response: All that came back.
        hasty: Whether the gateway gives up so soon that a busy machine may be too slow for it.
    """
    found = statuses(response)
    if strange := set(found) - ANSWERS:
        return f"answered with {strange}: {request}"
    if request.signed and (len(found) != 1 or found[0] not in {200, 400, 413, *([408] if hasty else [])}):
        return f"signed and answered with {found}: {request}"
    return ""
