"""RecordEvent and RecordEvents: make events durable. Their effects come later, from the worker.

Calls that come at the same time share one statement and one commit, which is most of what recording costs. A call that
comes alone waits for nobody.
"""

import asyncio
import contextvars
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import structlog
from prometheus_client import Counter as CounterMetric

from payments_service.application.background import Background
from payments_service.application.events.admission import AdmittedEvent, admit
from payments_service.application.events.model import StripeEvent
from payments_service.application.events.ports import EventRecordingStore
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.work_metrics import (
    EVENT_GROUP_SIZE,
    EVENTS_RECORDED_TOTAL,
    EVENTS_REFUSED_TOTAL,
)

RETRY_AFTER_MS = 1_000

_log = structlog.get_logger(__name__)


class Recorded(Enum):
    """What became of an event that is durable."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


Result = Recorded | Exception
"""What became of an event: durable, or why it is not."""


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """How much is done at once, and how much may wait.

    Attributes:
        events_max: events a commit, at most; more than a call can bring.
        bytes_max: bytes of bodies a commit, beyond which no further call joins.
        commits_max: commits at the same time: one does its work while the other waits for the disk, or for ever.
        waiting_bytes_max: bytes of bodies that may wait for a commit, in this process.
    """

    events_max: int = 256
    bytes_max: int = 4_194_304
    commits_max: int = 2
    waiting_bytes_max: int = 67_108_864


@dataclass(slots=True)
class _Waiting:
    """A call's events, on their way to a commit."""

    events: Sequence[AdmittedEvent]
    size: int
    results: asyncio.Future[list[Result]]


class RecordEvents:
    """Stores events in the inbox, each once.

    Args:
        store: the inbox.
        background: keeps commits alive when the calls that asked for them are gone.
        livemode: whether this service's Stripe key works on real money.
        limits: sizes of commits and of what waits for one.
    """

    def __init__(
        self,
        store: EventRecordingStore,
        background: Background,
        *,
        livemode: bool,
        limits: RecordingLimits | None = None,
    ) -> None:
        self._inbox = store
        self._background = background
        self._livemode = livemode
        self._limits = limits or RecordingLimits()
        self._queue: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._committers = 0

    async def one(self, event: StripeEvent) -> bool:
        """Store an event; returns whether it was stored before.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE or OVERLOADED: it is not stored, and Stripe must send it again.
        """
        (result,) = await self.many([event])
        if isinstance(result, Exception):
            raise result
        return result is Recorded.DUPLICATE

    async def many(self, events: Sequence[StripeEvent]) -> list[Result]:
        """Store events, and say of each what became of it.

        An event that must have no effect is stored too, so that nothing signed is ever lost.

        Args:
            events: as many as a call may bring, at least one.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE or OVERLOADED: none of them is stored.
        """
        size = sum(len(event.body) for event in events)
        if self._waiting_bytes + size > self._limits.waiting_bytes_max:
            raise PaymentsError(
                Reason.OVERLOADED,
                f"{self._waiting_bytes} bytes of events are waiting to be stored: retry later",
                retry_after_ms=RETRY_AFTER_MS,
            )
        livemode = self._livemode
        waiting = _Waiting(
            [admit(event, livemode=livemode) for event in events], size, asyncio.get_running_loop().create_future()
        )
        self._queue.append(waiting)
        self._waiting_bytes += size
        if self._committers < self._limits.commits_max:
            self._committers += 1
            # Not in the context of this call: the commit is also that of others, whose ids are not this call's.
            self._background.start(self._commit_waiting(), contextvars.Context())
        results = await waiting.results
        _tell(waiting.events, results)
        if isinstance(results[0], PaymentsError) and all(isinstance(result, PaymentsError) for result in results):
            raise results[0]
        return results

    async def _commit_waiting(self) -> None:
        """Commit group after group until nothing waits."""
        try:
            while group := self._take():
                await self._commit(group)
        finally:
            self._committers -= 1

    def _take(self) -> list[_Waiting]:
        """The calls whose events the next commit is for: as many as fit, in the order of their arrival."""
        group: list[_Waiting] = []
        count = size = 0
        while self._queue:
            first = self._queue[0]
            full = count + len(first.events) > self._limits.events_max or size + first.size > self._limits.bytes_max
            if group and full:
                break
            self._queue.popleft()
            self._waiting_bytes -= first.size
            if not first.results.done():  # nobody waits for a call that was cancelled
                group.append(first)
                count += len(first.events)
                size += first.size
        return group

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        events = [event for waiting in group for event in waiting.events]
        EVENT_GROUP_SIZE.observe(len(events))
        in_order = sorted(events, key=_key)
        # Two of them may be equal, as copies of one event are: each is itself.
        results = dict(zip(map(id, in_order), await self._store(in_order), strict=True))
        for waiting in group:
            if not waiting.results.done():
                waiting.results.set_result([results[id(one)] for one in waiting.events])

    async def _store(self, events: Sequence[AdmittedEvent]) -> list[Result]:
        """Store events together; when one cannot be stored, find it by halves, so that the others are."""
        try:
            new = await self._inbox.add(events)
        except PaymentsError as error:  # the database is away or too busy, for all of them
            return [error] * len(events)
        except Exception as error:  # noqa: BLE001 - a bad event must not fail its neighbours, whatever is wrong with it
            if len(events) == 1:
                return [error]
            middle = len(events) // 2
            return await self._store(events[:middle]) + await self._store(events[middle:])
        return [_recorded(one, is_new=is_new) for one, is_new in zip(events, new, strict=True)]


def _key(one: AdmittedEvent) -> tuple[str, bool, str]:
    """One order everywhere: rows with unique keys that two commits insert in different orders deadlock."""
    event = one.event
    return event.stripe_account, event.livemode, event.event_id


def _recorded(one: AdmittedEvent, *, is_new: bool) -> Recorded:
    if not is_new:
        return Recorded.DUPLICATE
    return Recorded.NEW if one.refusal is None else Recorded.REFUSED


def _tell(events: Sequence[AdmittedEvent], results: Sequence[Result]) -> None:
    """Count what became of events, and log what is not as it should be: the gateway logs each delivery anyway."""
    new = results.count(Recorded.NEW)
    if new == len(results):
        _counted(Recorded.NEW.value).inc(new)
        return
    for outcome, count in Counter(map(_outcome, results)).items():
        _counted(outcome).inc(count)
    for one, result in zip(events, results, strict=True):
        if result is Recorded.REFUSED and one.refusal is not None:
            EVENTS_REFUSED_TOTAL.labels(one.refusal.name.lower()).inc()
            _log.warning("event.refused", why=one.refusal.value, **_facts(one))
        elif isinstance(result, Exception) and not isinstance(result, PaymentsError):
            _log.error("event.not_recorded", exc_info=result, **_facts(one))


# Looking up a labelled child costs more than counting.
@cache
def _counted(outcome: str) -> CounterMetric:
    return EVENTS_RECORDED_TOTAL.labels(outcome)


def _outcome(result: Result) -> str:
    return result.value if isinstance(result, Recorded) else "failed"


def _facts(one: AdmittedEvent) -> dict[str, str]:
    """What the log says of an event, with the id of its own delivery: the call may have brought others as well."""
    event = one.event
    return {
        "event_id": event.event_id,
        "type": event.type,
        "stripe_account": event.stripe_account,
        "endpoint": event.endpoint,
        "delivery_id": event.request_id,
    }
