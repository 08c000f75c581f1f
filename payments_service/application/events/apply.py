"""Applying Stripe's events: a batch is leased, what it needs is fetched, and its effects commit together.

Events about one object are one case: fetched once, followed once. A case whose object cannot be fetched fails alone. If
the batch does not commit, it is halved until what is wrong with it stands alone, with what was fetched before. An event
that goes on failing is parked as dead with its error, for a person to look at.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from payments_service.application import failpoints
from payments_service.application.events.case import Case, cases_of, look_into
from payments_service.application.events.direct import direct_intents
from payments_service.application.events.failing import fail, is_outage, known_type, park
from payments_service.application.events.model import EventRow
from payments_service.application.events.ports import Lease
from payments_service.application.events.wanting import asked_by
from payments_service.application.follow.follower import follow_news
from payments_service.application.follow.news import Fetcher, merged
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import new_id
from payments_service.observability.work_metrics import EVENT_APPLY_SECONDS, EVENTS_APPLIED_TOTAL

LEASE_SECONDS = 10.0
"""How long the events of a worker that was killed wait for another. Whoever lives renews the lease in time."""

RENEW_SECONDS = 3.0

SUSPECTS_EVERY = 8
"""With a full inbox, one round in so many also tries an event that has failed before."""

LOOKS_MAX = 5
"""How often objects are fetched again because other news of them came in between."""

NEVER_ENDED = "the worker that tried it ended each time before it was done: look at the workers' logs, then replay it"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ApplySettings:
    """How many events at once, and how often one is tried before it is parked."""

    batch_max: int
    attempts_max: int


class ApplyEvents:
    """The inbox worker's use case."""

    def __init__(self, transactions: Transactions, fetcher: Fetcher, settings: ApplySettings) -> None:
        self._transactions = transactions
        self._fetcher = fetcher
        self._settings = settings
        self._rounds = 0

    async def run_once(self) -> int:
        """Work on a batch of events that are due; returns how many got somewhere: 0 in an outage, too."""
        self._rounds += 1
        batch_max = self._settings.batch_max
        lease = await self._transactions.run(lambda unit: unit.event_queue.lease(new_id(), batch_max, LEASE_SECONDS))
        moved = await self._work_on(lease)
        if len(lease.events) < batch_max or self._rounds % SUSPECTS_EVERY == 0:
            moved += await self._try_suspect()
        return moved

    async def _try_suspect(self) -> int:
        """Try an event alone that has failed before, perhaps by ending its worker."""
        lease = await self._transactions.run(lambda unit: unit.event_queue.lease_suspect(new_id(), LEASE_SECONDS))
        if lease.events and lease.events[0].attempts > self._settings.attempts_max:
            await park(self._transactions, lease.events, NEVER_ENDED)
            return 1
        return await self._work_on(lease)

    async def _work_on(self, lease: Lease) -> int:
        if not lease.events:
            return 0
        async with self._held(lease):
            direct = await direct_intents(self._transactions, lease.events)
            return await self._apply(cases_of(lease.events, lease.began, direct), lease.began)

    async def _apply(self, cases: Sequence[Case], began: datetime, looks_left: int = LOOKS_MAX) -> int:
        """Fetch what cases ask for and apply them; returns how many events got somewhere."""
        good, bad = await look_into(self._fetcher, cases, began)
        away = [(case, error) for case, error in bad if is_outage(error)]
        if away:
            events = [event for case, _ in away for event in case.events]
            await fail(self._transactions, events, away[0][1], self._settings.attempts_max)
        moved = 0
        for case, error in bad:
            if not is_outage(error):
                await fail(self._transactions, case.events, error, self._settings.attempts_max)
                moved += len(case.events)
        return moved + await self._commit(good, looks_left)

    async def _commit(self, cases: Sequence[Case], looks_left: int) -> int:
        """Commit cases together, or in ever smaller parts; returns how many events got somewhere."""
        if not cases:
            return 0
        events = [event for case in cases for event in case.events]
        try:
            await self._commit_together(cases, events)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one case, the others go on without it
            return await self._commit_apart(cases, events, error, looks_left)
        return len(events)

    async def _commit_apart(
        self, cases: Sequence[Case], events: Sequence[EventRow], error: Exception, looks_left: int
    ) -> int:
        # The database is away for all of them.
        if isinstance(error, PaymentsError) and is_outage(error):
            await fail(self._transactions, events, error, self._settings.attempts_max)
            return 0
        if len(cases) > 1:
            middle = len(cases) // 2
            return await self._commit(cases[:middle], looks_left) + await self._commit(cases[middle:], looks_left)
        if isinstance(error, StaleAnswerError) and looks_left > 1:
            began = await self._transactions.run(lambda unit: unit.now())
            return await self._apply(cases, began, looks_left - 1)
        await fail(self._transactions, events, error, self._settings.attempts_max)
        return 0 if is_outage(error) else len(events)

    async def _commit_together(self, cases: Sequence[Case], events: Sequence[EventRow]) -> None:
        asked = asked_by(events, cases[0].direct)
        news = merged(case.news for case in cases)
        began = min(case.began for case in cases)
        ids = [event.id for event in events]

        ended = began

        async def also(unit: UnitOfWork) -> None:
            nonlocal ended
            ended = await unit.event_queue.done(ids)
            await unit.settlement.mark_due(asked.due)

        async def work(unit: UnitOfWork) -> None:
            await follow_news(unit, news, asked.event_ids, began, also)
            failpoints.reached(failpoints.INBOX_BEFORE_COMMIT)

        await self._transactions.run(work)
        for event in events:
            EVENTS_APPLIED_TOTAL.labels(known_type(event.type), "done").inc()
            EVENT_APPLY_SECONDS.observe((ended - event.receive_time).total_seconds())
            _log.info("event.applied", event_id=event.event_id, type=event.type, attempts=event.attempts)

    @asynccontextmanager
    async def _held(self, lease: Lease) -> AsyncIterator[None]:
        """Renew a lease for as long as it is worked on."""
        done = asyncio.Event()
        renewing = asyncio.create_task(self._renew(lease, done))
        try:
            yield
        finally:
            done.set()
            await renewing

    async def _renew(self, lease: Lease, done: asyncio.Event) -> None:
        while True:
            try:
                async with asyncio.timeout(RENEW_SECONDS):
                    await done.wait()
            except TimeoutError:
                pass
            else:
                return
            try:
                await self._transactions.run(lambda unit: unit.event_queue.renew(lease, LEASE_SECONDS))
            except PaymentsError as error:
                # Nothing is lost: somebody else may take the events over, and applies them as well.
                _log.warning("lease.not_renewed", reason=error.reason.value)
