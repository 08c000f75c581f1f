"""PullEvents: the events after a cursor, and if there are none, the next ones."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from payments_service.application.caller import Principal
from payments_service.application.outbox.cursor import cursor_invalid, decode_cursor
from payments_service.application.outbox.feed import EventFeed, News
from payments_service.application.outbox.model import EventFilter, EventPage
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.sequencing.model import Head, Stream
from payments_service.domain.outbox import EventType

SCAN_MAX = 10_000
"""Events that one call looks at. A reader whom few of them concern gets an empty reply that says where to go on."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What a reader asks for.

    Attributes:
        cursor: where to go on; empty to begin.
        from_now: where to begin without a cursor: after the newest event, else with the oldest.
        types: events of these types only; empty: all.
        limit: how many at most.
    """

    cursor: str
    from_now: bool
    types: frozenset[EventType]
    limit: int


class PullEvents:
    """Reads the outbox for one caller at a time, and waits for news."""

    def __init__(self, transactions: Transactions, feed: EventFeed) -> None:
        self._transactions = transactions
        self._feed = feed

    async def __call__(
        self,
        principal: Principal,
        pull: Pull,
        *,
        wait_until: float,
        resting: Callable[[], AbstractContextManager[None]],
    ) -> EventPage:
        """The events after the cursor.

        Args:
            principal: who asks; with owners, only their events exist.
            pull: what it asks for.
            wait_until: how long to wait for an event, on the clock of `time.monotonic`, in seconds.
            resting: entered while nothing is done but wait.

        Raises:
            PaymentsError: CURSOR_INVALID, OVERLOADED, DATABASE_UNAVAILABLE.
        """
        which = EventFilter(frozenset(event_type.value for event_type in pull.types), principal.owner_ids)
        position = decode_cursor(pull.cursor) if pull.cursor else None

        async def begin(unit: UnitOfWork) -> EventPage:
            head = await unit.sequences.head(Stream.OUTBOX)
            if position is None:
                after = head.last if pull.from_now else 0
            else:
                _require_of(head, *position)
                after = position[1]
            return await _read(unit, head, after, which, pull.limit)

        page = await self._transactions.run(begin)
        if self._is_to_wait(page, wait_until):
            with resting():
                return await self._wait(page, which, pull.limit, wait_until)
        return page

    def _is_to_wait(self, page: EventPage, wait_until: float) -> bool:
        return not (page.events or page.has_more or self._feed.closed) and time.monotonic() < wait_until

    async def _wait(self, page: EventPage, which: EventFilter, limit: int, wait_until: float) -> EventPage:
        """What follows an empty page, or an empty page again when the time is up."""

        async def read_on(unit: UnitOfWork) -> EventPage:
            return await _read(unit, await unit.sequences.head(Stream.OUTBOX), page.through, which, limit)

        while self._is_to_wait(page, wait_until):
            if self._feed.is_ahead_of(page.through):
                before, page = page, await self._transactions.run(read_on)
                if page.through == before.through:
                    break  # the feed has seen what the database has lost: the caller begins with the database
            else:
                news = await self._feed.wait(page.through, which, wait_until - time.monotonic())
                page = _page_of(news, page, limit)
        return page


async def _read(unit: UnitOfWork, head: Head, after: int, which: EventFilter, limit: int) -> EventPage:
    end = min(head.last, after + SCAN_MAX)
    events = await unit.outbox.read(after, end, which, limit)
    through = events[-1].number if len(events) == limit else end
    return EventPage(events, through, has_more=through < head.last, incarnation=head.incarnation)


def _page_of(news: News, before: EventPage, limit: int) -> EventPage:
    events = news.events[:limit]
    cut = len(news.events) > limit
    through = events[-1].number if cut else news.through
    return EventPage(events, through, has_more=cut, incarnation=before.incarnation)


def _require_of(head: Head, incarnation: object, number: int) -> None:
    """Refuse a cursor from which events would be skipped.

    Raises:
        PaymentsError: CURSOR_INVALID.
    """
    if incarnation != head.incarnation:
        raise cursor_invalid("is of another stream, or of another database: leave it out to begin anew")
    if number > head.last:
        raise cursor_invalid(
            "is ahead of the newest event, as after a restore of the database: leave it out to begin anew"
        )
