"""What recording Stripe's events needs from storage."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from payments_service.application.events.admission import AdmittedEvent


class EventRecordingStore(Protocol):
    """The inbox, for what comes in."""

    async def add(self, events: Sequence[AdmittedEvent]) -> set[UUID]:
        """Store events with one statement; returns the ids of those that were not there before.

        Of several with the same account, mode and event id, one is stored. It fails as a whole when the database takes
        one of them for no event.
        """
        ...
