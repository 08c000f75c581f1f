"""What recording and applying Stripe's events needs from storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from payments_service.application.events.admission import AdmittedEvent
from payments_service.application.events.model import EventRow, EventState, InboxEvent, StripeEvent


@dataclass(frozen=True, slots=True)
class Lease:
    """Events that one worker is at, and nobody else.

    Attributes:
        id: names the lease, so that it is not renewed when another worker has taken over.
        began: the database's time when it was taken.
        events: may be empty; those about one object stand together, in the order of their ids.
    """

    id: UUID
    began: datetime
    events: Sequence[EventRow]


@dataclass(frozen=True, slots=True)
class InboxDepth:
    """How much waits in the inbox.

    Attributes:
        pending: events that have not had their effect yet.
        oldest_seconds: age of the oldest of them; 0 when there is none.
        dead: events that wait for a person.
    """

    pending: int
    oldest_seconds: float
    dead: int


class EventQueue(Protocol):
    """The inbox as those see it who work it off."""

    async def lease(self, lease_id: UUID, limit: int, seconds: float) -> Lease:
        """Lease events that are due, those first that have been for longest.

        Never an event about an object of which another one is leased already, so that workers do not get into each
        other's way; but of an object that is chosen, all events that are due, as far as `limit` allows. What has failed
        too often to be trusted in company is left to `lease_suspect`.
        """
        ...

    async def lease_suspect(self, lease_id: UUID, seconds: float) -> Lease:
        """Lease one event that has been tried several times and has never come through: it is tried alone."""
        ...

    async def renew(self, lease: Lease, seconds: float) -> None:
        """Hold what is left of a lease for so much longer; what has been given back or leased by another stays."""
        ...

    async def done(self, event_ids: Sequence[UUID]) -> datetime:
        """Record that events have had their effect; returns the database's time."""
        ...

    async def release(self, event_ids: Sequence[UUID], seconds: float, error: str) -> None:
        """Give events back that failed through no fault of theirs: this attempt does not count."""
        ...

    async def postpone(self, event_ids: Sequence[UUID], seconds: float, error: str) -> None:
        """Record that events failed for now, and try them again later."""
        ...

    async def park(self, event_ids: Sequence[UUID], error: str) -> None:
        """Record that events failed for good: they wait for a person."""
        ...

    async def depth(self) -> InboxDepth:
        """How much waits."""
        ...


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a list shows; what is None or empty does not filter."""

    states: frozenset[EventState] = frozenset()
    types: frozenset[str] = frozenset()
    stripe_account: str = ""
    receive_time_from: datetime | None = None
    receive_time_before: datetime | None = None


class InboxStore(Protocol):
    """The inbox as a person sees it who looks after it."""

    async def page(self, which: EventFilter, before: UUID | None, limit: int) -> list[InboxEvent]:
        """Events with ids below `before`, newest first."""
        ...

    async def find(self, ids: Sequence[UUID], stripe_ids: Sequence[str]) -> list[InboxEvent]:
        """The events with these ids of ours or of Stripe's, in no order."""
        ...

    async def body(self, event_id: UUID) -> bytes | None:
        """The body as it was signed; None when it has been removed."""
        ...

    async def dead(self, types: Sequence[str], limit: int) -> list[UUID]:
        """Dead events of these types, or of all, oldest first; nobody else replays them until the transaction ends."""
        ...

    async def replay(self, event_ids: Sequence[UUID]) -> None:
        """Have events worked on once more, from the beginning."""
        ...


class EventRecordingStore(Protocol):
    """The inbox, for what comes in. Nothing else is ever committed together with it."""

    async def add(self, events: Sequence[AdmittedEvent]) -> list[bool]:
        """Store events with one statement and commit them; returns for each whether it was not there before.

        Of several with the same account, mode and event id, one is stored. It fails as a whole when the database takes
        one of them for no event.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE.
        """
        ...


@dataclass(frozen=True, slots=True)
class DuePoll:
    """A Stripe account that is to be looked through for lost events.

    Attributes:
        stripe_account: Stripe's id; empty for the platform.
        began: the database's time when it was chosen.
        polled_through: what Stripe made before is recorded, by Stripe's clock; None: it was never looked through.
    """

    stripe_account: str
    began: datetime
    polled_through: datetime | None


class EventPollStore(Protocol):
    """How far accounts have been looked through for lost events."""

    async def lease_due(self, limit: int, platform: timedelta, connected: timedelta) -> list[DuePoll]:
        """Accounts whose turn it is; it is nobody's again until the time for its sort has passed."""
        ...

    async def polled(self, stripe_account: str, through: datetime) -> None:
        """Record that an account has been looked through up to a time."""
        ...


@dataclass(frozen=True, slots=True)
class LostPage:
    """A page of events that Stripe could not deliver.

    Attributes:
        events: newest first.
        after: the event after which there are more; empty: there are none.
        stripe_time: what Stripe's clock showed when it answered; None: it did not say.
    """

    events: Sequence[StripeEvent]
    after: str
    stripe_time: datetime | None


class LostEvents(Protocol):
    """Stripe's list of events that it could not deliver, or has not yet."""

    async def undelivered_events(
        self, stripe_account: str, *, since: datetime, through: datetime | None, after: str
    ) -> LostPage:
        """A page of an account's events. Times are Stripe's.

        Args:
            stripe_account: Stripe's id; empty for the platform.
            since: leave out what was created before.
            through: leave out what was created after; None: nothing is too young.
            after: what the page before gave; empty for the first page.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE, STRIPE_REJECTED.
        """
        ...


class RetentionStore(Protocol):
    """What is old, and is removed a bounded piece at a time."""

    async def remove_bodies(self, after: UUID, older_than: timedelta, limit: int) -> tuple[int, UUID | None]:
        """Look at so many events after an id and remove the bodies of the old ones.

        Returns:
            How many bodies were removed, and the last id that was looked at; None when no old one was left.
        """
        ...

    async def remove_events(self, older_than: timedelta, limit: int) -> int:
        """Remove old events that are done or refused, not those that wait; returns how many there were."""
        ...

    async def remove_keys(self, after: bytes, older_than: timedelta, limit: int) -> tuple[int, bytes | None]:
        """Look at so many idempotency keys after a digest and remove those with an old outcome.

        Returns:
            How many were removed, and the last digest that was looked at; None at the end of the table.
        """
        ...
