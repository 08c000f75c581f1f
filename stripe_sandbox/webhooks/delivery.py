"""One event on its way to one endpoint."""

from dataclasses import dataclass, field
from typing import Literal

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.event_log import Event

State = Literal["pending", "delivered", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver.

    Attributes:
        at: Real Unix time.
        status: HTTP status of the answer, or None if there was none.
        error: Why there was none.
        ms: How long it took.
    """

    at: float
    status: int | None
    error: str | None
    ms: float


@dataclass(slots=True)
class Delivery:
    """What is recorded about one event and one endpoint.

    Attributes:
        extra: A further copy that Stripe's own books know nothing of (a fault, a resend): the event waits for it no
            longer than for the original.
    """

    id: str
    event: Event
    endpoint: str
    extra: bool = False
    state: State = "pending"
    attempts: list[Attempt] = field(default_factory=list)

    def render(self) -> JsonObject:
        """The record as the control endpoint shows it."""
        return {
            "id": self.id,
            "event": self.event.id,
            "type": self.event.kind,
            "account": self.event.account,
            "endpoint": self.endpoint,
            "extra": self.extra,
            "state": self.state,
            "attempts": [
                {"at": one.at, "status": one.status, "error": one.error, "ms": one.ms} for one in self.attempts
            ],
        }
