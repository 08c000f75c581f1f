"""Work of one statement on connections of its own: committed, and none of them is used when it is broken."""

import asyncio

import psycopg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.config import Settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.storage import statements as module
from payments_service.storage.engine import create_engine
from payments_service.storage.ledger.arrays import bigints
from payments_service.storage.retry import retry
from payments_service.storage.statements import Statements
from tests.integration.payments_service.storage.test_engine import hang_up, scalar

_PID = "SELECT pg_backend_pid()"


async def pid(statements: Statements) -> int:
    return int((await statements.rows(_PID, ()))[0][0])


def end_sleeper(url: str) -> None:
    """End the session that sleeps in this database, once it does."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event = 'PgSleep'"
        ).fetchall():
            pass


async def test_each_statement_is_committed_by_the_restricted_role(engine: AsyncEngine, settings: Settings) -> None:
    statements = Statements(engine, 3)
    assert await statements.rows("SELECT current_user::text, %b::bigint[]", (bigints([7]),)) == [
        (settings.database_role, [7])
    ]
    insert = "INSERT INTO stripe_accounts (stripe_account) VALUES ('acct_s') RETURNING stripe_account"
    assert await statements.rows(insert, ()) == [("acct_s",)]
    assert await scalar(engine, "SELECT count(*) FROM stripe_accounts WHERE stripe_account = 'acct_s'") == 1
    # The pool has as many connections to give as before.
    size = settings.database_pool_size
    assert await asyncio.gather(*(scalar(engine, "SELECT 1 FROM pg_sleep(0.01)") for _ in range(size))) == [1] * size


async def test_a_connection_is_kept_until_something_goes_wrong_on_it(engine: AsyncEngine) -> None:
    statements = Statements(engine, 3)
    first = await pid(statements)
    assert await pid(statements) == first
    with pytest.raises(psycopg.errors.DivisionByZero):
        await statements.rows("SELECT 1 / 0", ())
    assert await pid(statements) != first


async def test_connections_that_the_server_has_closed_are_not_used(engine: AsyncEngine, database_url: str) -> None:
    statements = Statements(engine, 3)
    await asyncio.gather(*(statements.rows("SELECT 1 FROM pg_sleep(0.01)", ()) for _ in range(3)))
    hang_up(database_url)
    assert await asyncio.gather(*(statements.rows("SELECT 1", ()) for _ in range(3))) == [[(1,)]] * 3


async def test_a_connection_lost_in_the_middle_is_retried(engine: AsyncEngine, database_url: str) -> None:
    statements = Statements(engine, 3)
    runs = 0

    async def once() -> list[tuple[object, ...]]:
        nonlocal runs
        runs += 1
        if runs > 1:
            return await statements.rows("SELECT 2", ())
        waiting = asyncio.create_task(statements.rows("SELECT 1 FROM pg_sleep(30)", ()))
        await asyncio.to_thread(end_sleeper, database_url)
        return await waiting

    assert await retry(once) == [(2,)]


async def test_a_statement_that_is_given_up_leaves_its_place(engine: AsyncEngine) -> None:
    statements = Statements(engine, 1)
    first = await pid(statements)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await statements.rows("SELECT 1 FROM pg_sleep(30)", ())
    assert await pid(statements) != first


async def test_there_are_no_more_connections_than_asked_for(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = Statements(engine, 2)
    pids = await asyncio.gather(*(statements.rows("SELECT pg_backend_pid() FROM pg_sleep(0.01)", ()) for _ in range(6)))
    assert len({rows[0][0] for rows in pids}) == 2

    monkeypatch.setattr(module, "POOL_TIMEOUT_S", 0.02)
    busy = [asyncio.create_task(statements.rows("SELECT 1 FROM pg_sleep(0.1)", ())) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(PoolTimeoutError):
        await statements.rows("SELECT 1", ())
    assert await asyncio.gather(*busy) == [[(1,)]] * 2


async def test_plans_are_kept_only_where_that_is_asked_for(engine: AsyncEngine) -> None:
    show = "SELECT current_setting('plan_cache_mode')"
    assert await Statements(engine, 1).rows(show, ()) == [("force_custom_plan",)]
    assert await Statements(engine, 1, planned_once=True).rows(show, ()) == [("force_generic_plan",)]


async def test_they_are_closed_with_the_engine(engine: AsyncEngine) -> None:
    statements = Statements(engine, 3)
    mine = await pid(statements)
    await engine.dispose()
    gone = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {mine}"
    async with asyncio.timeout(5):
        while await scalar(engine, gone):
            pass
    assert await pid(statements) != mine


async def test_a_server_that_is_not_there_is_unavailable(settings: Settings) -> None:
    engine = create_engine(settings, "postgresql://u:hunter2@127.0.0.1:1/d")
    statements = Statements(engine, 3)
    try:
        with pytest.raises(PaymentsError) as caught:
            await retry(lambda: statements.rows("SELECT 1", ()), attempts_max=2)
        assert caught.value.reason is Reason.DATABASE_UNAVAILABLE
        with pytest.raises(psycopg.OperationalError):
            await statements.rows("SELECT 1", ())
    finally:
        await engine.dispose()
