"""Events whose delivery was lost: Stripe is asked for them now and then, and they are recorded as the gateway would.

They get the same keys, so that one that is delivered after all is a duplicate. Stripe lists what it is still delivering
as well, so what it made just now is left alone for a while.

How old an event is, and up to when all are recorded, goes by Stripe's clock, as its answers show it. By ours, if that
went fast, a look would pass for one that has seen what Stripe had yet to make, and what got lost then stayed lost.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from payments_service.application.events.model import StripeEvent
from payments_service.application.events.ports import DuePoll, LostEvents
from payments_service.application.events.record import RecordEvents
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.settlement.ports import Sweep
from payments_service.domain.errors import PaymentsError
from payments_service.observability.work_metrics import EVENTS_POLLED_TOTAL

ACCOUNTS_MAX = 4
OVERLAP = timedelta(minutes=10)
"""How far back each look goes behind the one before: Stripe may show an event late."""

FIRST_LOOK = timedelta(days=3)
"""How far back the first look goes: as long as Stripe goes on delivering (docs.stripe.com/webhooks, retries)."""

_log = structlog.get_logger(__name__)


class PollEvents:
    """The use case of the worker that looks for lost events."""

    def __init__(
        self, transactions: Transactions, stripe: LostEvents, record: RecordEvents, every: Sweep, grace: timedelta
    ) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._record = record
        self._every = every
        self._grace = grace

    async def run_once(self) -> int:
        """Look through the accounts whose turn it is; returns how many there were.

        An account that fails is looked through again when its turn comes, from where it was.
        """
        due = await self._transactions.run(partial(_due, self._every))
        for poll in due:
            try:
                await self._look_through(poll)
            except PaymentsError as error:
                _log.warning("events.not_polled", stripe_account=poll.stripe_account, reason=error.reason.value)
        return len(due)

    async def _look_through(self, poll: DuePoll) -> None:
        since = poll.began - FIRST_LOOK if poll.polled_through is None else poll.polled_through - OVERLAP
        page = await self._stripe.undelivered_events(poll.stripe_account, since=since, through=None, after="")
        through = (page.stripe_time or poll.began) - self._grace
        new = 0
        while True:
            ripe = [event for event in page.events if event.create_time is None or event.create_time <= through]
            new += await self._recorded(ripe)
            if not page.after:
                break
            # However many are too young, only the first page is read of them.
            after = page.after if ripe else ""
            page = await self._stripe.undelivered_events(poll.stripe_account, since=since, through=through, after=after)
        # Only now, with every page recorded, is nothing left out before that time.
        await self._transactions.run(partial(_polled, poll, through))
        if new:
            _log.warning("events.recovered", stripe_account=poll.stripe_account, events=new)

    async def _recorded(self, events: Sequence[StripeEvent]) -> int:
        """Record events; returns how many were new."""
        new = 0
        for result in await self._record.many(events) if events else ():
            if isinstance(result, Exception):
                raise result
            EVENTS_POLLED_TOTAL.labels(result.value).inc()
            new += result.value == "new"
        return new


async def _due(every: Sweep, unit: UnitOfWork) -> list[DuePoll]:
    platform, connected = timedelta(seconds=every.platform_seconds), timedelta(seconds=every.connected_seconds)
    return await unit.event_polls.lease_due(ACCOUNTS_MAX, platform, connected)


async def _polled(poll: DuePoll, through: datetime, unit: UnitOfWork) -> None:
    await unit.event_polls.polled(poll.stripe_account, through)
