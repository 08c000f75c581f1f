"""One call on its way through the steps to its handler and back."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

from payments_service.application.caller import Principal
from payments_service.observability.tracing import Trace
from payments_service.transport.methods import Method

REPLAY_KEY = "idempotent-replay"
_NOBODY = Principal(subject="", scopes=frozenset())


class Call:
    """What is known about a call. Steps fill it in from the outside inwards; a handler sees all of it.

    Attributes:
        method: what is called.
        metadata: what the caller sent, by lower-case key; the last value of a repeated key.
        trailing: metadata to send with the reply.
        started: when the call began here, on the monotonic clock (`time.monotonic`), in seconds.
        deadline: when the caller stops waiting, on the same clock; set for every call from the deadline step on.
        request_id: the caller's `x-request-id`, or a new one.
        trace: the span of this call.
        peer_certificate: the client certificate of the connection (PEM), verified by TLS; None without one.
        principal: who calls. Nobody, with no rights, before authentication.
        replayed: whether the reply is a stored one.
        resting: entered by a handler while it only waits: then it does not count among the calls in progress.
    """

    __slots__ = (
        "deadline",
        "metadata",
        "method",
        "peer_certificate",
        "principal",
        "replayed",
        "request_id",
        "resting",
        "started",
        "trace",
        "trailing",
    )

    def __init__(
        self,
        method: Method,
        metadata: Mapping[str, str | bytes],
        time_remaining_seconds: float | None,
        peer_certificate: bytes | None = None,
    ) -> None:
        self.method = method
        self.metadata = metadata
        self.trailing: list[tuple[str, str]] = []
        self.started = time.monotonic()
        self.deadline = None if time_remaining_seconds is None else self.started + time_remaining_seconds
        self.request_id = ""
        self.trace = Trace("", "")
        self.peer_certificate = peer_certificate
        self.principal = _NOBODY
        self.replayed = False
        self.resting: Callable[[], AbstractContextManager[None]] = nullcontext

    def text(self, key: str) -> str | None:
        """A text value that the caller sent, or None."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def mark_replayed(self) -> None:
        """Say that the reply is the stored reply of an earlier call with the same idempotency key."""
        if not self.replayed:
            self.replayed = True
            self.trailing.append((REPLAY_KEY, "true"))

    def is_past_deadline(self) -> bool:
        """Whether the caller has stopped waiting."""
        return self.deadline is not None and time.monotonic() >= self.deadline
