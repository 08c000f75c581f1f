"""A numbered outbox in memory, which readers reach through transactions as they reach the real one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import UUID

from payments_service.application.outbox.model import EventFilter, NumberedEvent
from payments_service.application.sequencing.model import Head, Stream
from payments_service.domain.ids import new_id
from tests.unit.payments_service.domain.samples import NOON

T = TypeVar("T")
INCARNATION = UUID(int=7)


@dataclass
class Memory:
    """Events with numbers from 1 on.

    Attributes:
        error: raised by the next transactions, while it is set.
        reads: how often events were read.
    """

    events: list[NumberedEvent] = field(default_factory=list)
    error: Exception | None = None
    reads: int = 0

    def publish(self, event_type: str = "payment.succeeded", owner_id: str = "ann") -> None:
        """One more event."""
        number = len(self.events) + 1
        self.events.append(
            NumberedEvent(
                number, new_id(), event_type, owner_id, f"pay_{number}", "", "", livemode=False, create_time=NOON
            )
        )

    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """See `application.ports.Transactions`."""
        if self.error is not None:
            raise self.error
        return await work(SimpleNamespace(outbox=self, sequences=self))

    async def head(self, _: Stream) -> Head:
        """See `application.ports.SequenceStore`."""
        return Head(INCARNATION, len(self.events))

    async def read(self, after: int, through: int, which: EventFilter, limit: int) -> list[NumberedEvent]:
        """See `application.ports.OutboxStore`."""
        self.reads += 1
        return [event for event in self.events[after:through] if which.matches(event)][:limit]
