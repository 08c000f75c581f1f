"""Run a database transaction again when that is what its failure asks for."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeVar

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from payments_service.domain.errors import PaymentsError, Reason

T = TypeVar("T")

ATTEMPTS_MAX = 8
DURATION_SECONDS_MAX = 10.0
"""No attempt begins later than this after the first."""

RETRY_AFTER_MS = 1_000

_WAIT_SECONDS_MIN = 0.01
_WAIT_SECONDS_MAX = 1.0

_SERIALIZATION_FAILURE, _DEADLOCK, _UNIQUE_VIOLATION = "40001", "40P01", "23505"
_RERUN = frozenset({_SERIALIZATION_FAILURE, _DEADLOCK, _UNIQUE_VIOLATION})
"""Somebody else was faster. A unique violation belongs here because a closure reads by key before it inserts: run
again, it finds the row that was in its way."""

_LOST = frozenset({"57P01", "57P02", "57P03", "25P03", "25006"})
"""The server is shutting down, starting, has ended the session, or has become a read-only replica."""

_BUSY = frozenset({"55P03", "57014"})
"""A lock or a statement took longer than its limit: once more would make it worse."""

_log = structlog.get_logger(__name__)


class Failure(Enum):
    """What a failure of the database asks for."""

    RERUN = "rerun"
    LOST = "lost"
    BUSY = "busy"
    OTHER = "other"


async def retry(
    closure: Callable[[], Awaitable[T]],
    *,
    attempts_max: int = ATTEMPTS_MAX,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_retry: Callable[[str], None] = lambda _sqlstate: None,
) -> T:
    """Run `closure`, a whole transaction with its commit, and again when it failed for a passing reason.

    It may have committed although it failed: the connection can be lost while the answer to COMMIT is on its way. So it
    must read by key first (idempotency key, reference) and find its own work done. Waits between attempts are jittered.

    Args:
        closure: opens a transaction, works, commits.
        attempts_max: how often it is run at most.
        sleep: how to wait, in seconds.
        on_retry: told the SQLSTATE, or `connection`, each time it is run again.

    Raises:
        PaymentsError: DATABASE_UNAVAILABLE with a time to retry after, when the database cannot be reached, has no
            room, or stays too busy.
    """
    began = time.monotonic()
    attempt = 0
    while True:
        attempt += 1
        try:
            return await closure()
        except (DBAPIError, psycopg.Error, PoolTimeoutError) as error:
            failure = classify(error)
            if failure is Failure.OTHER:
                raise
            again = failure is not Failure.BUSY and attempt < attempts_max
            if not again or time.monotonic() - began > DURATION_SECONDS_MAX:
                # A unique violation that stays is no race but a mistake, and must be seen as one.
                if sqlstate_of(error) == _UNIQUE_VIOLATION:
                    raise
                raise _unavailable(error, failure, attempt) from error
            on_retry(sqlstate_of(error) or "connection")
            await sleep(_wait_seconds(attempt))


def classify(error: Exception) -> Failure:
    """What an error of SQLAlchemy or psycopg asks for."""
    state = sqlstate_of(error)
    if state in _RERUN:
        return Failure.RERUN
    if state in _BUSY or isinstance(error, PoolTimeoutError) or (state or "").startswith("53"):
        return Failure.BUSY
    if state is None:
        broken = isinstance(error, DBAPIError) and error.connection_invalidated
        lost = isinstance(_cause(error), psycopg.OperationalError) or broken
        return Failure.LOST if lost else Failure.OTHER
    return Failure.LOST if state in _LOST or state.startswith("08") else Failure.OTHER


def sqlstate_of(error: Exception) -> str | None:
    """The SQLSTATE that the server gave, if it gave one."""
    cause = _cause(error)
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def _cause(error: Exception) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _wait_seconds(attempt: int) -> float:
    """Full jitter under a doubling limit: those who collided must not meet again."""
    limit = min(_WAIT_SECONDS_MAX, _WAIT_SECONDS_MIN * 2 ** (attempt - 1))
    return random.uniform(0, limit)  # noqa: S311 - no secret


def _unavailable(error: Exception, failure: Failure, attempts: int) -> PaymentsError:
    state = sqlstate_of(error)
    _log.warning(
        "database.unavailable", failure=failure.value, sqlstate=state, attempts=attempts, error=str(_cause(error))[:300]
    )
    what = "cannot be reached" if failure is Failure.LOST else "is too busy"
    return PaymentsError(
        Reason.DATABASE_UNAVAILABLE,
        f"the database {what}: retry with the same key",
        retry_after_ms=RETRY_AFTER_MS,
    )
