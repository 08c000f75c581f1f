"""Applying Stripe's events: a batch is leased, what it needs is fetched, and its effects commit together.

If the batch fails, each event is tried alone, so that one bad event does not hold up the others; one that goes on
failing is parked as dead with its error, for a person to look at.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from payments_service.application import failpoints
from payments_service.application.events.effects import is_known
from payments_service.application.events.model import EventRow
from payments_service.application.events.wanting import asked_by
from payments_service.application.follow.follower import Follower
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.work_metrics import EVENT_APPLY_SECONDS, EVENTS_APPLIED_TOTAL

LEASE_SECONDS = 60.0
BACKOFF_SECONDS_MAX = 3600.0
ERROR_MAX = 500

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ApplySettings:
    """How many events at once, and how often one is tried before it is parked."""

    batch_max: int
    attempts_max: int


class ApplyEvents:
    """The inbox worker's use case."""

    def __init__(self, transactions: Transactions, follower: Follower, settings: ApplySettings) -> None:
        self._transactions = transactions
        self._follower = follower
        self._settings = settings

    async def run_once(self) -> int:
        """Work on a batch of events that are due; returns how many there were."""
        began, events = await self._transactions.run(
            lambda unit: unit.inbox.lease_due(self._settings.batch_max, LEASE_SECONDS),
        )
        if not events:
            return 0
        try:
            await self._apply(began, events)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one event, the others go on alone
            if len(events) == 1:
                await self._failed(events[0], error)
            else:
                await asyncio.gather(*(self._alone(began, event) for event in events))
        return len(events)

    async def _alone(self, began: datetime, event: EventRow) -> None:
        try:
            await self._apply(began, [event])
        except Exception as error:  # noqa: BLE001 - recorded with the event
            await self._failed(event, error)

    async def _apply(self, began: datetime, events: Sequence[EventRow]) -> None:
        asked = asked_by(events)
        ended = began

        async def also(unit: UnitOfWork) -> None:
            nonlocal ended
            await unit.settlement.mark_due(asked.due)
            await unit.inbox.done([event.id for event in events])
            ended = await unit.now()
            failpoints.reached(failpoints.INBOX_BEFORE_COMMIT)

        await self._follower.follow(asked.wanted, event_ids=asked.event_ids, began=began, also=also)
        for event in events:
            EVENTS_APPLIED_TOTAL.labels(_known(event.type), "done").inc()
            EVENT_APPLY_SECONDS.observe((ended - event.receive_time).total_seconds())
            _log.info("event.applied", event_id=event.event_id, type=event.type, attempts=event.attempts)

    async def _failed(self, event: EventRow, error: Exception) -> None:
        text = (error.message if isinstance(error, PaymentsError) else f"{type(error).__name__}: {error}")[:ERROR_MAX]
        # An outage is not the event's fault: it waits until the outage is over, however long that takes.
        outage = isinstance(error, StaleAnswerError) or (
            isinstance(error, PaymentsError)
            and error.reason in {Reason.STRIPE_UNAVAILABLE, Reason.DATABASE_UNAVAILABLE}
        )
        dead = event.attempts >= self._settings.attempts_max and not outage
        log = _log.bind(event_id=event.event_id, type=event.type, attempts=event.attempts, error=text)
        if dead:
            await self._transactions.run(lambda unit: unit.inbox.park(event.id, text))
            log.error("event.dead")
        else:
            seconds = _backoff(event.attempts)
            await self._transactions.run(lambda unit: unit.inbox.postpone(event.id, seconds, text))
            log.warning("event.postponed", seconds=round(seconds, 1))
        EVENTS_APPLIED_TOTAL.labels(_known(event.type), "dead" if dead else "postponed").inc()


def _backoff(attempts: int) -> float:
    return min(BACKOFF_SECONDS_MAX, 2.0 ** min(attempts, 12)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


def _known(event_type: str) -> str:
    """The type as a metric's label: strangers are counted together, so that nobody can make up new labels."""
    return event_type if is_known(event_type) else "other"
