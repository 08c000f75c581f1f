"""Prepared statements on a line that is full, that breaks, and that others write to; on both event loops."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest
import uvloop

from payments_service.config import Settings
from payments_service.storage.direct import DirectConnection
from payments_service.storage.engine import create_engine
from payments_service.storage.ledger.arrays import bigints, byteas
from payments_service.storage.retry import Failure, classify
from tests.integration.payments_service.storage.test_engine import hang_up

_LENGTHS = "SELECT pg_backend_pid(), length(t.body) FROM unnest(%b::bytea[]) AS t (body)"
_LARGE = byteas([b"x" * 8_000_000] * 2)
_SLEEPERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

Scenario = Callable[[DirectConnection, str], Awaitable[None]]
Run = Callable[[Scenario], None]


@asynccontextmanager
async def direct(settings: Settings, url: str) -> AsyncIterator[DirectConnection]:
    """A connection as the engine makes it, taken over."""
    engine = create_engine(settings, url)
    pooled = await engine.raw_connection()
    driver = pooled.driver_connection
    pooled.detach()
    assert isinstance(driver, psycopg.AsyncConnection)
    await driver.set_autocommit(True)
    connection = DirectConnection(driver)
    try:
        yield connection
    finally:
        connection.close()
        connection.close()
        await engine.dispose()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest, settings: Settings, database_url: str) -> Run:
    """Runs a scenario on one of the two event loops, which must have nothing to complain of."""

    def run(scenario: Scenario) -> None:
        complaints: list[dict[str, object]] = []

        async def main() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
            async with asyncio.timeout(20), direct(settings, database_url) as connection:
                await scenario(connection, database_url)

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(main())
        assert complaints == []

    return run


async def until(met: Callable[[], bool]) -> None:
    while not met():  # noqa: ASYNC110 - what libpq has done sets no event
        await asyncio.sleep(0)


async def stopped(connection: DirectConnection) -> tuple[int, asyncio.Task[list[tuple[object, ...]]]]:
    """A statement that fills the line to a backend that is stopped, and the backend's process id."""
    ((pid, _),) = await connection.rows(_LENGTHS, (byteas([b"x"]),))
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(connection.rows(_LENGTHS, (_LARGE,)))
    await until(lambda: connection._sending)
    return pid, task


def test_what_does_not_fit_into_the_line_is_sent_later(run: Run) -> None:
    async def scenario(connection: DirectConnection, _url: str) -> None:
        pid, task = await stopped(connection)
        os.kill(pid, signal.SIGCONT)
        assert await task == [(pid, 8_000_000)] * 2
        assert await connection.rows(_LENGTHS, (byteas([b""]),)) == [(pid, 0)]

    run(scenario)


def test_a_line_that_breaks_while_it_is_full_is_lost(run: Run) -> None:
    async def scenario(connection: DirectConnection, _url: str) -> None:
        pid, task = await stopped(connection)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        with pytest.raises(psycopg.OperationalError) as caught:
            await task
        assert classify(caught.value) is Failure.LOST
        assert not connection.is_alive()

    run(scenario)


def test_one_that_is_given_up_while_the_line_is_full_ends(run: Run) -> None:
    async def scenario(connection: DirectConnection, _url: str) -> None:
        pid, task = await stopped(connection)
        task.cancel()
        os.kill(pid, signal.SIGCONT)
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario)


def test_what_the_server_runs_for_nobody_is_cancelled(run: Run) -> None:
    async def scenario(connection: DirectConnection, url: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as observer:

            async def sleepers() -> int:
                return int((await (await observer.execute(_SLEEPERS)).fetchall())[0][0])

            task = asyncio.create_task(connection.rows("SELECT 1 FROM pg_sleep(60)", ()))
            while not await sleepers():
                pass
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            connection.close()
            while await sleepers():
                pass

    run(scenario)


def test_a_server_that_hangs_up_on_an_idle_line_is_noticed(run: Run) -> None:
    async def scenario(connection: DirectConnection, url: str) -> None:
        await connection.rows("SELECT 1", ())
        hang_up(url)
        await until(lambda: connection._socket < 0)
        assert not connection.is_alive()
        with pytest.raises(psycopg.OperationalError):
            await connection.rows("SELECT 1", ())

    run(scenario)


def test_a_server_that_hangs_up_in_the_middle_says_why(run: Run) -> None:
    async def scenario(connection: DirectConnection, url: str) -> None:
        await connection.rows("SELECT 1", ())
        task = asyncio.create_task(connection.rows("SELECT 1 FROM pg_sleep(60)", ()))
        await until(lambda: bool(connection._names.get("SELECT 1 FROM pg_sleep(60)")))
        hang_up(url)
        with pytest.raises(psycopg.errors.AdminShutdown) as caught:
            await task
        assert classify(caught.value) is Failure.LOST

    run(scenario)


def test_a_failure_of_the_commit_is_one_of_the_statement(run: Run) -> None:
    async def scenario(connection: DirectConnection, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("CREATE TABLE deferred (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            owner.execute("GRANT INSERT, SELECT ON deferred TO payments_app")
        insert = "INSERT INTO deferred SELECT unnest(%b::bigint[]) RETURNING id"
        assert await connection.rows(insert, (bigints([1, 2]),)) == [(1,), (2,)]
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            await connection.rows(insert, (bigints([3, 3]),))
        assert caught.value.sqlstate == "23505"
        assert caught.value.diag.constraint_name == "deferred_id_key"

    run(scenario)


def test_a_mistake_in_a_statement_is_told_as_such(run: Run) -> None:
    async def scenario(connection: DirectConnection, _url: str) -> None:
        with pytest.raises(psycopg.errors.UndefinedTable):
            await connection.rows("SELECT 1 FROM nowhere WHERE 1 = ANY(%b::bigint[])", (bigints([1]),))
        with pytest.raises(psycopg.Error):  # closed, as it would not say what else it has sent
            await connection.rows("SELECT 1", ())

    run(scenario)


def test_notices_and_settings_may_come_at_any_time(run: Run) -> None:
    async def scenario(connection: DirectConnection, _url: str) -> None:
        set_ = (
            "SELECT set_config('application_name', 'other', false), set_config('client_min_messages', 'debug1', false)"
        )
        assert await connection.rows(set_, ()) == [("other", "debug1")]
        large = "SELECT count(*) FROM unnest(%b::bigint[])"
        assert [await connection.rows(large, (bigints(range(n)),)) for n in (0, 1, 9)] == [[(0,)], [(1,)], [(9,)]]

    run(scenario)


def test_a_statement_is_prepared_once(run: Run) -> None:
    async def scenario(connection: DirectConnection, _url: str) -> None:
        for _ in range(3):
            await connection.rows("SELECT 1", ())
        runs = "SELECT name, generic_plans + custom_plans FROM pg_prepared_statements WHERE name ^@ 'direct' ORDER BY 1"
        assert await connection.rows(runs, ()) == [("direct_0", 3), ("direct_1", 1)]

    run(scenario)
