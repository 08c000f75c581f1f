"""The gateway's answers over HTTP: JSON, complete, with a length."""

from collections.abc import Iterable
from typing import NamedTuple

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from webhook_gateway.errors import NotRecordedError, Refusal

RETRY_AFTER_S = 5
"""What a caller is asked to wait after a 503, in seconds. Stripe keeps its own schedule; proxies and tests heed it."""

Headers = tuple[tuple[bytes, bytes], ...]

_JSON: Headers = ((b"content-type", b"application/json"),)
_RETRY: Headers = ((b"retry-after", str(RETRY_AFTER_S).encode()),)
_CLOSE: Headers = ((b"connection", b"close"),)


class Answer(NamedTuple):
    """A response, ready to be sent: status, body, headers besides the length."""

    status: int
    body: bytes
    headers: Headers = _JSON

    @property
    def closes(self) -> bool:
        """Returns whether it is the last on its connection."""
        return _CLOSE[0] in self.headers


def accepted(event_id: str, *, duplicate: bool) -> Answer:
    """Says that an event is durable, now or already before."""
    return Answer(200, orjson.dumps({"success": True, "received": True, "event_id": event_id, "duplicate": duplicate}))


def failure(status: int, code: str, message: str, headers: Headers = ()) -> Answer:
    """Says what went wrong, by a stable code for programs and a sentence for people."""
    body = orjson.dumps({"success": False, "error": {"code": code, "message": message}})
    return Answer(status, body, _JSON + headers)


def refused(refusal: Refusal) -> Answer:
    """Says why a delivery is not acknowledged, and whether to come again."""
    headers: Headers = _RETRY if isinstance(refusal, NotRecordedError) else ()
    if refusal.closes:
        headers += _CLOSE
    return failure(refusal.status, refusal.code, str(refusal), headers)


def defect() -> Answer:
    """Answers for a failure that nobody foresaw: nothing was recorded, so the event has to come again."""
    return failure(503, NotRecordedError.code, "the event could not be made durable; send it again", _RETRY)


def render(answer: Answer, more: Iterable[tuple[bytes, bytes]], *, keep_alive: bool) -> bytes:
    """Returns an answer as it goes over the wire.

    Args:
        answer: What is said.
        more: Headers besides its own, the length and, if need be, the one that ends the connection.
        keep_alive: Whether the connection is kept.
    """
    parts = [STATUS_LINE[answer.status]]
    for name, value in (*answer.headers, *more):
        parts += name, b": ", value, b"\r\n"
    if not keep_alive and not answer.closes:
        parts.append(b"connection: close\r\n")
    parts += b"content-length: ", str(len(answer.body)).encode(), b"\r\n\r\n", answer.body
    return b"".join(parts)
