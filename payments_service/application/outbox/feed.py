"""The feed: tells whoever waits for events about new ones. One poller a process, which runs only while somebody waits.

A caller that waits costs a future and nothing else: the poller reads each new event once, and wakes those whom it
concerns with the event itself, so that thousands of them never ask the database together.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from payments_service.application.outbox.model import EventFilter, NumberedEvent
from payments_service.application.ports import Transactions
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.context import log_context
from payments_service.observability.work_metrics import EVENT_WAITERS

BATCH_MAX = 500
"""Events that the poller reads at once."""

RETRY_AFTER_MS = 1_000

_EVERYTHING = EventFilter()


@dataclass(frozen=True, slots=True)
class News:
    """What a wait ended with.

    Attributes:
        events: those that match, oldest first; empty when the time was up.
        through: the number up to which nothing else matches.
    """

    events: Sequence[NumberedEvent]
    through: int


@dataclass(eq=False, slots=True)
class _Waiter:
    which: EventFilter
    through: int
    news: asyncio.Future[News]


class EventFeed:
    """New events, for those who have read all that there were.

    Attributes:
        closed: whether the process is stopping, so that nobody can wait any more.
    """

    def __init__(self, transactions: Transactions, poll_seconds: float, waiters_max: int) -> None:
        self._transactions = transactions
        self._poll_seconds = poll_seconds
        self._waiters_max = waiters_max
        self._waiters: set[_Waiter] = set()
        self._through = 0
        self._poller: asyncio.Task[None] | None = None
        self.closed = False

    def is_ahead_of(self, through: int) -> bool:
        """Whether it has read on from there already: then that is to be read from the outbox, not to be waited for."""
        return self._poller is not None and through < self._through

    async def wait(self, through: int, which: EventFilter, seconds: float) -> News:
        """Wait for events after `through`, which must be as far as the feed is, or further.

        Raises:
            PaymentsError: OVERLOADED when too many wait already, DATABASE_UNAVAILABLE when it cannot be read.
        """
        if self.closed:
            return News((), through)
        if len(self._waiters) >= self._waiters_max:
            raise PaymentsError(
                Reason.OVERLOADED,
                f"{self._waiters_max} callers wait for events here already: retry later, or without a wait",
                retry_after_ms=RETRY_AFTER_MS,
            )
        waiter = _Waiter(which, through, asyncio.get_running_loop().create_future())
        self._enter(waiter)
        try:
            await asyncio.wait([waiter.news], timeout=seconds)
            return waiter.news.result() if waiter.news.done() else News((), waiter.through)
        finally:
            self._waiters.discard(waiter)
            EVENT_WAITERS.set(len(self._waiters))

    def close(self) -> None:
        """End every wait now and refuse new ones."""
        self.closed = True
        for waiter in self._waiters:
            if not waiter.news.done():
                waiter.news.set_result(News((), waiter.through))

    async def ended(self) -> None:
        """Wait for the poller's last round."""
        if self._poller is not None:
            await self._poller

    def _enter(self, waiter: _Waiter) -> None:
        self._waiters.add(waiter)
        EVENT_WAITERS.set(len(self._waiters))
        if self._poller is None:
            self._through = waiter.through
            self._poller = asyncio.create_task(self._poll(), name="event feed")

    async def _poll(self) -> None:
        log_context.set(None)  # its work is nobody's call, although a call started it
        try:
            while self._waiters and not self.closed:
                began = time.monotonic()
                events = await self._transactions.run(
                    lambda unit: unit.outbox.read(self._through, self._through + BATCH_MAX, _EVERYTHING, BATCH_MAX)
                )
                if events:
                    self._tell(events)
                if len(events) < BATCH_MAX:
                    await asyncio.sleep(max(0.0, self._poll_seconds - (time.monotonic() - began)))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait get it as the outcome of their call
            self._fail(error)
        finally:
            self._poller = None

    def _tell(self, events: Sequence[NumberedEvent]) -> None:
        """Wake those whom events concern; for the others the events are as good as read."""
        self._through = events[-1].number
        matching: dict[EventFilter, list[NumberedEvent]] = {}
        for waiter in self._waiters:
            if waiter.news.done():
                continue
            if waiter.which not in matching:
                matching[waiter.which] = [event for event in events if waiter.which.matches(event)]
            new = [event for event in matching[waiter.which] if event.number > waiter.through]
            waiter.through = max(waiter.through, self._through)
            if new:
                waiter.news.set_result(News(new, waiter.through))

    def _fail(self, error: Exception) -> None:
        for waiter in self._waiters:
            if not waiter.news.done():
                waiter.news.set_exception(error)
                waiter.news.exception()  # seen, also when the caller has gone meanwhile
