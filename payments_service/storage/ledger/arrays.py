"""Columns of values as binary Postgres arrays.

A batch is sent as one array a column. psycopg's own list dumpers look at every element; these know the type of theirs
and pack the whole column at once, which is an order of magnitude cheaper. The format is Postgres' binary array: the
number of dimensions, whether there are nulls, the element's type, length and lower bound, then the elements, each
behind its length (src/backend/utils/adt/arrayfuncs.c, array_recv).
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_INT8, _INT2, _BYTEA, _TEXT, _UUID, _TIMESTAMPTZ = 20, 21, 17, 25, 2950, 1184
_NULL = b"\xff\xff\xff\xff"
_SIXTEEN = b"\x00\x00\x00\x10"
_LENGTH = struct.Struct("!i")
_INT8_ELEMENT = struct.Struct("!iq")
_HEADER = struct.Struct("!iiIii")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class _Lengths(dict[int, bytes]):
    """Lengths as they stand before elements: a table of the short ones is faster than packing each."""

    def __missing__(self, length: int) -> bytes:
        return _LENGTH.pack(length)


_LENGTHS = _Lengths({length: _LENGTH.pack(length) for length in range(512)})


class PackedArray(bytes):
    """A binary array, ready to be sent. Its parameter needs a cast in the statement: `%b::bigint[]`."""

    __slots__ = ()


class _PackedArrayDumper(Dumper):
    format = Format.BINARY
    oid = 0  # "unknown": the cast in the statement says it

    def dump(self, obj: PackedArray) -> Buffer:
        return obj


psycopg.adapters.register_dumper(PackedArray, _PackedArrayDumper)


def bigints(values: Sequence[int]) -> PackedArray:
    """`bigint[]`."""
    flat = [8] * (2 * len(values))
    flat[1::2] = values
    return _array(_INT8, len(values), struct.pack("!" + "iq" * len(values), *flat))


def smallints(values: Sequence[int]) -> PackedArray:
    """`smallint[]`."""
    flat = [2] * (2 * len(values))
    flat[1::2] = values
    return _array(_INT2, len(values), struct.pack("!" + "ih" * len(values), *flat))


def uuids(values: Sequence[UUID | None]) -> PackedArray:
    """`uuid[]`."""
    return _array(
        _UUID, len(values), b"".join([_NULL if value is None else _SIXTEEN + value.bytes for value in values])
    )


def texts(values: Sequence[str | None]) -> PackedArray:
    """`text[]`."""
    count = len(values)
    if count > 1 and values.count(values[0]) == count:
        return _array(_TEXT, count, _elements([None if values[0] is None else values[0].encode()]) * count)
    return _array(_TEXT, count, _elements([None if value is None else value.encode() for value in values]))


def encoded_texts(values: Sequence[bytes]) -> PackedArray:
    """`text[]` of what is UTF-8 already."""
    return _array(_TEXT, len(values), _elements(values))


def byteas(values: Sequence[bytes]) -> PackedArray:
    """`bytea[]`."""
    return _array(_BYTEA, len(values), _elements(values))


def optional_bigints(values: Sequence[int | None]) -> PackedArray:
    """`bigint[]` with nulls."""
    return _array(
        _INT8,
        len(values),
        b"".join([_NULL if value is None else _INT8_ELEMENT.pack(8, value) for value in values]),
    )


def timestamps(values: Sequence[datetime | None]) -> PackedArray:
    """`timestamptz[]`: microseconds since 2000."""
    return _array(
        _TIMESTAMPTZ,
        len(values),
        b"".join([_NULL if value is None else _INT8_ELEMENT.pack(8, _microseconds(value)) for value in values]),
    )


def _microseconds(value: datetime) -> int:
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _elements(values: Sequence[bytes | None]) -> bytes:
    lengths = _LENGTHS
    return b"".join([_NULL if value is None else lengths[len(value)] + value for value in values])


def _array(element_type: int, length: int, elements: bytes) -> PackedArray:
    # Postgres ignores the flag for nulls and looks at the elements; an empty array has no dimension.
    if not length:
        return PackedArray(struct.pack("!iiI", 0, 0, element_type))
    return PackedArray(_HEADER.pack(1, 1, element_type, length, 1) + elements)
