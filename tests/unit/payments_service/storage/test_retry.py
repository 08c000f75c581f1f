"""What a failure of the database asks for, and how often it is asked again."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.storage.retry import ATTEMPTS_MAX, Failure, classify, retry


class Waits(list[float]):
    """Takes the place of waiting."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


class Failing:
    """A closure that fails with each of the errors in turn, and then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.runs = 0

    async def __call__(self) -> str:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def wrapped(error: psycopg.Error, *, invalidated: bool = False) -> DBAPIError:
    """The error as SQLAlchemy raises it."""
    return DBAPIError("SELECT 1", {}, error, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (errors.SerializationFailure(), Failure.RERUN),
        (wrapped(errors.SerializationFailure()), Failure.RERUN),
        (errors.DeadlockDetected(), Failure.RERUN),
        (errors.UniqueViolation(), Failure.RERUN),
        (psycopg.OperationalError("connection refused"), Failure.LOST),
        (wrapped(psycopg.OperationalError("server closed the connection")), Failure.LOST),
        (wrapped(psycopg.InterfaceError("the connection is closed"), invalidated=True), Failure.LOST),
        (errors.AdminShutdown(), Failure.LOST),
        (errors.ConnectionFailure(), Failure.LOST),
        (errors.ReadOnlySqlTransaction(), Failure.LOST),
        (errors.LockNotAvailable(), Failure.BUSY),
        (errors.QueryCanceled(), Failure.BUSY),
        (errors.TooManyConnections(), Failure.BUSY),
        (errors.DiskFull(), Failure.BUSY),
        (PoolTimeoutError(), Failure.BUSY),
        (errors.InsufficientPrivilege(), Failure.OTHER),
        (errors.CheckViolation(), Failure.OTHER),
        (wrapped(errors.UndefinedTable()), Failure.OTHER),
        (psycopg.ProgrammingError("no results"), Failure.OTHER),
    ],
)
def test_a_failure_is_told_by_its_sqlstate(error: Exception, failure: Failure) -> None:
    assert classify(error) is failure


async def test_passing_failures_are_run_again_with_growing_jittered_waits() -> None:
    waits, seen = Waits(), list[str]()
    closure = Failing(errors.SerializationFailure(), errors.DeadlockDetected(), psycopg.OperationalError("gone"))
    assert await retry(closure, sleep=waits, on_retry=seen.append) == "done"
    assert seen == ["40001", "40P01", "connection"]
    assert all(0 <= wait <= limit for wait, limit in zip(waits, (0.01, 0.02, 0.04), strict=True))


async def test_it_gives_up_after_a_bounded_number_of_attempts_and_says_when_to_retry() -> None:
    waits = Waits()
    closure = Failing(*(errors.DeadlockDetected() for _ in range(50)))
    with pytest.raises(PaymentsError) as caught:
        await retry(closure, sleep=waits)
    assert (caught.value.reason, caught.value.retry_after_ms) == (Reason.DATABASE_UNAVAILABLE, 1_000)
    assert closure.runs == ATTEMPTS_MAX


async def test_an_unreachable_database_is_unavailable() -> None:
    closure = Failing(*(psycopg.OperationalError("refused: host=db password=hunter2") for _ in range(50)))
    with pytest.raises(PaymentsError) as caught:
        await retry(closure, sleep=Waits())
    assert caught.value.reason is Reason.DATABASE_UNAVAILABLE
    assert "hunter2" not in caught.value.message


async def test_a_busy_database_is_not_asked_again() -> None:
    closure = Failing(errors.LockNotAvailable())
    with pytest.raises(PaymentsError) as caught:
        await retry(closure, sleep=Waits())
    assert caught.value.reason is Reason.DATABASE_UNAVAILABLE
    assert closure.runs == 1


async def test_a_unique_violation_that_stays_is_shown_as_what_it_is() -> None:
    closure = Failing(*(errors.UniqueViolation() for _ in range(50)))
    with pytest.raises(errors.UniqueViolation):
        await retry(closure, sleep=Waits())
    assert closure.runs == ATTEMPTS_MAX


async def test_other_errors_pass_through_at_once() -> None:
    refusal = PaymentsError(Reason.INSUFFICIENT_FUNDS, "no")
    for error in (errors.CheckViolation(), refusal, ValueError("x")):
        closure = Failing(error)
        with pytest.raises(type(error)):
            await retry(closure, sleep=Waits())
        assert closure.runs == 1
