"""What becomes of events that could not be applied: tried again later, or dead and waiting for a person."""

import random
from collections.abc import Sequence

import structlog

from payments_service.application.events.effects import is_known
from payments_service.application.events.model import EventRow
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.work_metrics import EVENTS_APPLIED_TOTAL

BACKOFF_SECONDS_MAX = 60.0
"""The longest wait before another attempt. With 8 attempts an event is done or dead within five minutes."""

OUTAGE_SECONDS = 5.0
"""After how long it is tried again whether an outage is over."""

ERROR_MAX = 500

_OUTAGES = frozenset({Reason.STRIPE_UNAVAILABLE, Reason.DATABASE_UNAVAILABLE})

_log = structlog.get_logger(__name__)


async def fail(transactions: Transactions, events: Sequence[EventRow], error: Exception, attempts_max: int) -> None:
    """Record that events could not be applied.

    An outage is not their fault: they wait until it is over, however long that takes, and the attempt does not count.
    Anything else is tried again after a growing pause, and parked as dead after `attempts_max` attempts.
    """
    text = error_text(error)
    if is_outage(error):
        ids, seconds = [event.id for event in events], jittered(OUTAGE_SECONDS)
        await transactions.run(lambda unit: unit.event_queue.release(ids, seconds, text))
        _tell(events, "released", text, seconds)
        return
    dead = [event for event in events if event.attempts >= attempts_max]
    if dead:
        await park(transactions, dead, text)
    for event in events:
        if event.attempts < attempts_max:
            await _postpone(transactions, event, text)


async def park(transactions: Transactions, events: Sequence[EventRow], text: str) -> None:
    """Give events up: they wait for a person, who finds them with `payments events list --state dead`."""
    ids = [event.id for event in events]
    await transactions.run(lambda unit: unit.event_queue.park(ids, text))
    _tell(events, "dead", text)


async def _postpone(transactions: Transactions, event: EventRow, text: str) -> None:
    seconds = backoff_seconds(event.attempts)
    await transactions.run(lambda unit: unit.event_queue.postpone([event.id], seconds, text))
    _tell([event], "postponed", text, seconds)


def is_outage(error: Exception) -> bool:
    """Whether Stripe or the database could not be had, or does not take our key: nothing that an event could cause."""
    if isinstance(error, PaymentsError):
        refused_key = error.metadata.get("stripe_code") == "api_key"
        return error.reason in _OUTAGES or refused_key
    return isinstance(error, StaleAnswerError)


def backoff_seconds(attempts: int) -> float:
    """How long to wait after so many attempts: doubling from a second, with jitter, up to a limit."""
    return jittered(min(BACKOFF_SECONDS_MAX, 2.0 ** min(attempts - 1, 12)))


def jittered(seconds: float) -> float:
    """Somewhere between half and all of it, so that those who failed together do not come back together."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


def error_text(error: Exception) -> str:
    """An error as it is kept with the event: a message of ours, or its kind and what it says."""
    text = error.message if isinstance(error, PaymentsError) else f"{type(error).__name__}: {error}"
    return text.replace("\x00", "")[:ERROR_MAX]


def known_type(event_type: str) -> str:
    """The type as a metric's label: strangers are counted together, so that nobody can make up new labels."""
    return event_type if is_known(event_type) else "other"


def _tell(events: Sequence[EventRow], outcome: str, text: str, seconds: float | None = None) -> None:
    for event in events:
        EVENTS_APPLIED_TOTAL.labels(known_type(event.type), outcome).inc()
        log = _log.bind(event_id=event.event_id, type=event.type, attempts=event.attempts, error=text)
        if seconds is None:
            log.error("event.dead")
        else:
            log.warning("event.delayed", outcome=outcome, seconds=round(seconds, 1))
