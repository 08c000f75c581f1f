"""As much of HPACK (RFC 7541) as one gRPC method called again and again needs.

Requests: every header goes into the connection's dynamic table with the first request, and is one byte from then on, as
in any real client. Replies: we allow the server no dynamic table, so its own headers come as literals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

TABLE_BYTES_MAX = 4_096
"""The dynamic table that a server has unless it says otherwise."""

_ENTRY_OVERHEAD = 32
_STATIC_ENTRIES = 61
_INDEXED, _LITERAL_INDEXED, _TABLE_SIZE, _HUFFMAN = 0x80, 0x40, 0x20, 0x80


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """The header block of a method.

    Attributes:
        first: of the first request of a connection.
        later: of all others.
    """

    first: bytes
    later: bytes


def request_headers(headers: Sequence[tuple[str, str]]) -> RequestHeaders:
    """Encode headers that stay the same for the length of a connection.

    Raises:
        ValueError: they do not fit into the dynamic table.
    """
    size = sum(len(name) + len(value.encode()) + _ENTRY_OVERHEAD for name, value in headers)
    if size > TABLE_BYTES_MAX:
        raise ValueError(f"headers of {size} bytes do not fit into a table of {TABLE_BYTES_MAX}: use a shorter token")
    first = b"".join(bytes([_LITERAL_INDEXED]) + _text(name) + _text(value) for name, value in headers)
    # The newest entry has the lowest index.
    newest = _STATIC_ENTRIES + 1
    later = b"".join(_integer(newest + age, 7, _INDEXED) for age in reversed(range(len(headers))))
    return RequestHeaders(first, later)


def literal_fields(block: bytes) -> dict[str, str]:
    """The fields of a reply whose names are spelled out, as those of gRPC are.

    Raises:
        ValueError: the server uses a dynamic table or Huffman codes, which C-core does not do when told not to.
    """
    fields: dict[str, str] = {}
    at = 0
    while at < len(block):
        first = block[at]
        if first & _INDEXED:
            index, at = _read_integer(block, at, 7)
            if index > _STATIC_ENTRIES:
                raise ValueError(f"the server refers to entry {index} of a table that it may not have")
        elif first & 0xE0 == _TABLE_SIZE:
            _, at = _read_integer(block, at, 5)
        else:
            index, at = _read_integer(block, at, 6 if first & _LITERAL_INDEXED else 4)
            name = ""
            if not index:
                name, at = _read_text(block, at)
            value, at = _read_text(block, at)
            if name:
                fields[name] = value
    return fields


def _integer(value: int, prefix_bits: int, flags: int) -> bytes:
    """RFC 7541, section 5.1."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([flags | value])
    encoded = [flags | limit]
    value -= limit
    while value >= 0x80:  # noqa: PLR2004 - seven bits a byte
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _read_integer(block: bytes, at: int, prefix_bits: int) -> tuple[int, int]:
    limit = (1 << prefix_bits) - 1
    value = block[at] & limit
    at += 1
    if value < limit:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        value += (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _text(value: str) -> bytes:
    raw = value.encode()
    return _integer(len(raw), 7, 0) + raw


def _read_text(block: bytes, at: int) -> tuple[str, int]:
    if block[at] & _HUFFMAN:
        raise ValueError("the server sends Huffman codes, which this client does not read")
    length, at = _read_integer(block, at, 7)
    return block[at : at + length].decode("latin-1"), at + length
