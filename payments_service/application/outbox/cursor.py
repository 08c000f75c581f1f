"""Cursors: where a reader of events goes on.

A cursor says a number and the stream that it belongs to, with a checksum, so that one that was cut off, changed or
taken from elsewhere is refused instead of quietly skipping events. It holds no secret and grants nothing: the caller's
owners are applied on every call.
"""

import base64
import binascii
import hashlib
import struct
from uuid import UUID

from payments_service.domain.errors import PaymentsError, Reason, invalid

_VERSION = 1
_BODY = struct.Struct(">B16sQ")
_CHECKSUM_BYTES = 5
_LENGTH = _BODY.size + _CHECKSUM_BYTES
_NUMBER_MAX = 2**63 - 1


def encode_cursor(incarnation: UUID, number: int) -> str:
    """The cursor that goes on after `number` of a stream."""
    body = _BODY.pack(_VERSION, incarnation.bytes, number)
    return base64.urlsafe_b64encode(body + _checksum(body)).decode()


def decode_cursor(text: str) -> tuple[UUID, int]:
    """The stream and the number in a cursor.

    Raises:
        PaymentsError: CURSOR_INVALID for what is no cursor.
    """
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    body = raw[: _BODY.size]
    # The comparison of texts refuses other spellings of the same bytes, which base64 leaves room for.
    if len(raw) != _LENGTH or raw[_BODY.size :] != _checksum(body) or base64.urlsafe_b64encode(raw).decode() != text:
        raise cursor_invalid("is no cursor of this API: send one exactly as it came, or leave it out to begin anew")
    version, incarnation, number = _BODY.unpack(body)
    if version != _VERSION or number > _NUMBER_MAX:
        raise cursor_invalid("is of a version that is unknown here: leave it out to begin anew")
    return UUID(bytes=incarnation), number


def cursor_invalid(description: str) -> PaymentsError:
    """The error for a cursor that cannot be gone on from."""
    return invalid("cursor", description, Reason.CURSOR_INVALID)


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(b"payments.events.cursor:" + body).digest()[:_CHECKSUM_BYTES]
