"""Events as they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """An event with its place in the one order that all readers see.

    Attributes:
        number: from the sequencer.
        type: a word, not an `EventType`: a newer version of the service may have written it.
        create_time: database time at which it was written.
    """

    number: int
    id: UUID
    type: str
    owner_id: str
    resource_id: str
    reference: str
    state: str
    livemode: bool
    create_time: datetime


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a reader gets.

    Attributes:
        types: these only; empty: all.
        owner_ids: those of these owners only; None: of all owners.
    """

    types: frozenset[str] = frozenset()
    owner_ids: frozenset[str] | None = None

    def matches(self, event: NumberedEvent) -> bool:
        """Whether the reader gets this event."""
        return (not self.types or event.type in self.types) and (
            self.owner_ids is None or event.owner_id in self.owner_ids
        )


@dataclass(frozen=True, slots=True)
class EventPage:
    """What one call gets.

    Attributes:
        events: oldest first.
        through: the number up to which everything that matches has been given.
        has_more: whether there are numbers beyond it already.
        incarnation: of the stream, for cursors.
    """

    events: Sequence[NumberedEvent]
    through: int
    has_more: bool
    incarnation: UUID
