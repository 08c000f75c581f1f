"""Reads a request's body within limits of size and time, from bytes that nobody has vouched for yet."""

import asyncio
from collections.abc import Iterable

from starlette.types import Receive

from webhook_gateway.errors import BodyAbortedError, BodyEncodedError, BodySlowError, BodyTooLargeError

DISCARD_BYTES_MAX = 1_048_576
"""How much of a refused body is still read, so that the client gets to see the answer instead of a reset connection."""

_LENGTH_DIGITS_MAX = 15


class BodyReader:
    """Reads bodies up to a size and within a time.

    Args:
        bytes_max: The longest body that is accepted, in bytes.
        timeout_s: The time that a whole body may take, in seconds.
    """

    def __init__(self, bytes_max: int, timeout_s: float) -> None:
        self._bytes_max = bytes_max
        self._timeout_s = timeout_s

    async def read(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """Returns the body, counted while it arrives whatever its headers promise.

        Args:
            headers: The request's headers, names in lower case.
            receive: ASGI's source of the body.

        Raises:
            BodyTooLargeError: Longer than the limit, as announced or as counted.
            BodyEncodedError: Compressed.
            BodySlowError: Not complete in time.
            BodyAbortedError: The client went away.
        """
        announced, encoded, waits = _framing(headers)
        try:
            async with asyncio.timeout(self._timeout_s):
                if encoded or announced > self._bytes_max:
                    # A client that waits for "100 Continue" has sent nothing: there is nothing to read off.
                    if not waits and announced <= DISCARD_BYTES_MAX:
                        await _discard(receive, DISCARD_BYTES_MAX)
                    raise (
                        BodyEncodedError("send the body as it is, without Content-Encoding")
                        if encoded
                        else (self._too_large())
                    )
                return await self._collect(receive)
        except TimeoutError:
            raise BodySlowError(f"the body did not arrive within {self._timeout_s:g} s") from None

    async def _collect(self, receive: Receive) -> bytes:
        """Gathers the parts of a body; the usual body is a single one."""
        chunk, more = await _next(receive)
        size = len(chunk)
        chunks = [chunk]
        while more and size <= self._bytes_max:
            chunk, more = await _next(receive)
            size += len(chunk)
            chunks.append(chunk)
        if size > self._bytes_max:
            chunks.clear()
            if more:
                await _discard(receive, DISCARD_BYTES_MAX)
            raise self._too_large()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _too_large(self) -> BodyTooLargeError:
        return BodyTooLargeError(f"the body is longer than {self._bytes_max} bytes")


def _framing(headers: Iterable[tuple[bytes, bytes]]) -> tuple[int, bool, bool]:
    """Returns the announced length (0 without one), whether it is compressed, and whether the client waits to send."""
    announced, encoded, waits = 0, False, False
    for name, value in headers:
        if name == b"content-length":
            # The HTTP parser has refused what is no number; one this long is too large whatever it says.
            digits = value.strip()
            announced = DISCARD_BYTES_MAX + 1 if len(digits) > _LENGTH_DIGITS_MAX else int(digits)
        elif name == b"content-encoding":
            encoded = encoded or value.strip().lower() not in {b"", b"identity"}
        elif name == b"expect":
            waits = True
    return announced, encoded, waits


async def _next(receive: Receive) -> tuple[bytes, bool]:
    """Returns the next part of the body and whether more follows."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise BodyAbortedError("the connection ended before the body was complete")
    return message.get("body", b""), message.get("more_body", False)


async def _discard(receive: Receive, bytes_max: int) -> None:
    """Reads off and forgets the rest of a body, up to a limit."""
    more = True
    while more and bytes_max > 0:
        chunk, more = await _next(receive)
        bytes_max -= len(chunk)
