"""Page tokens: where a list goes on, tied to the list that it came from.

A token says where the next page starts and carries a digest of the filters, so that it is refused with other filters
instead of quietly giving a page that means nothing. It holds no secret and grants nothing: filters and the caller's
owners are applied again on every page.
"""

import base64
import binascii
import hashlib
from uuid import UUID

from google.protobuf.message import Message

from payments_service.domain.errors import PaymentsError, Reason, invalid

PAGE_SIZE_DEFAULT = 50
PAGE_SIZE_MAX = 1000

_VERSION = b"\x01"
_DIGEST_BYTES = 12
_ID_BYTES = 16


def page_size(requested: int) -> int:
    """How many to return: 50 when not said, at most 1000."""
    return min(requested, PAGE_SIZE_MAX) if requested else PAGE_SIZE_DEFAULT


def encode_page_token(request: Message, position: bytes) -> str:
    """The token of the page that starts after `position`."""
    return base64.urlsafe_b64encode(_VERSION + _digest(request) + position).decode().rstrip("=")


def decode_page_token(request: Message, token: str) -> bytes | None:
    """The position in a token; None for the first page, which has no token.

    Raises:
        PaymentsError: PAGE_TOKEN_INVALID for a token that is malformed or belongs to another list.
    """
    if not token:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    start = 1 + _DIGEST_BYTES
    if raw[:1] != _VERSION or raw[1:start] != _digest(request):
        raise _not_of_this_list()
    return raw[start:]


def decode_page_token_with_id(request: Message, token: str) -> UUID | None:
    """The id in a token, for lists that go on below an id; None for the first page.

    Raises:
        PaymentsError: PAGE_TOKEN_INVALID for a token that is malformed or belongs to another list.
    """
    position = decode_page_token(request, token)
    if position is None:
        return None
    # The digest is no secret: what it goes with can be anything.
    if len(position) != _ID_BYTES:
        raise _not_of_this_list()
    return UUID(bytes=position)


def _not_of_this_list() -> PaymentsError:
    return invalid(
        "page_token",
        "is not from this list with these filters: use next_page_token as it came, or leave it out to start again",
        Reason.PAGE_TOKEN_INVALID,
    )


def _digest(request: Message) -> bytes:
    """Over everything in the request that chooses what is listed: page size and token do not."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_token")
    bare.ClearField("page_size")
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.sha256(name + bare.SerializeToString(deterministic=True)).digest()[:_DIGEST_BYTES]
