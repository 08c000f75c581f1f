"""Collects a request's body within a limit of size, from bytes that nobody has vouched for yet."""

from collections.abc import Iterable

from webhook_gateway.errors import BodyEncodedError, BodyTooLargeError, Refusal

DISCARD_BYTES_MAX = 1_048_576
"""How much of a refused body is still read, so that the client gets to see the answer instead of a reset connection."""

_LENGTH_DIGITS_MAX = 15


class Body:
    """A body on its way, counted while it arrives whatever its headers promise.

    Args:
        headers: The request's headers, names in lower case.
        bytes_max: The longest body that is accepted, in bytes.

    Attributes:
        done: Whether nothing more of it is waited for: it has ended, or is refused and was read off as far as it shall.
        asks: Whether the client sends nothing until it is told to ("Expect: 100-continue").
    """

    __slots__ = ("_bytes_max", "_chunks", "_refusal", "_room", "asks", "done")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]], bytes_max: int) -> None:
        announced, encoded, self.asks = _framing(headers)
        self._bytes_max = bytes_max
        self._chunks: list[bytes] = []
        self._refusal: Refusal | None = None
        self._room = bytes_max
        if encoded:
            self._refuse(BodyEncodedError("send the body as it is, without Content-Encoding"))
        elif announced > bytes_max:
            self._refuse(self._too_large())
        # A client that waits for "100 Continue" has sent nothing: there is nothing to read off.
        self.done = self._refused and (self.asks or announced > DISCARD_BYTES_MAX)

    def feed(self, chunk: bytes) -> None:
        """Takes the next part of the body; the usual body is a single one."""
        self._room -= len(chunk)
        if not self._refused:
            self._chunks.append(chunk)
            if self._room < 0:
                self._refuse(self._too_large())
        elif self._room <= 0:
            self.done = True

    def end(self) -> None:
        """Notes that it has come to its end."""
        self.done = True

    def take(self) -> bytes:
        """Returns the body, once it is done, and keeps nothing of it.

        Raises:
            BodyTooLargeError: Longer than the limit, as announced or as counted.
            BodyEncodedError: Compressed.
        """
        if self._refusal is not None:
            raise self._refusal
        chunks, self._chunks = self._chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    @property
    def _refused(self) -> bool:
        return self._refusal is not None

    def _refuse(self, refusal: Refusal) -> None:
        """Keeps nothing of it from now on, and reads off the rest, up to a limit."""
        self._refusal = refusal
        self._chunks.clear()
        self._room = DISCARD_BYTES_MAX

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
            waits = value.lower() == b"100-continue"
    return announced, encoded, waits
