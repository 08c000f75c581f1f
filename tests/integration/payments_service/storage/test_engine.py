"""The engine: who its sessions are, what they wait for, and how they survive a server that hangs up."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.config import Settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.storage.engine import create_engine
from payments_service.storage.retry import retry


async def scalar(engine: AsyncEngine, statement: str) -> object:
    async with engine.begin() as connection:
        return (await connection.execute(text(statement))).scalar_one()


def hang_up(url: str) -> None:
    """End every other session of the database, as a restart of the server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_sessions_run_as_the_restricted_role_with_limits(engine: AsyncEngine, settings: Settings) -> None:
    assert await scalar(engine, "SELECT current_user") == settings.database_role
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        assert await scalar(engine, f"SELECT current_setting('{name}')") not in ("0", None)
    assert await scalar(engine, "SELECT current_setting('application_name')") == "payments"


async def test_options_in_the_url_are_kept(database_url: str, settings: Settings) -> None:
    engine = create_engine(settings, f"{database_url}?options=-c%20work_mem%3D7MB")
    try:
        assert await scalar(engine, "SELECT current_setting('work_mem')") == "7MB"
        assert await scalar(engine, "SELECT current_user") == "payments_app"
    finally:
        await engine.dispose()


async def test_connections_that_the_server_has_closed_are_not_given_out(engine: AsyncEngine, database_url: str) -> None:
    await asyncio.gather(*(scalar(engine, "SELECT 1 FROM pg_sleep(0.01)") for _ in range(5)))
    hang_up(database_url)
    assert await asyncio.gather(*(scalar(engine, "SELECT 1") for _ in range(5))) == [1] * 5


async def test_a_connection_lost_in_the_middle_is_retried(engine: AsyncEngine, database_url: str) -> None:
    runs = 0

    async def once() -> object:
        nonlocal runs
        runs += 1
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
            if runs == 1:
                hang_up(database_url)
            return (await connection.execute(text("SELECT 2"))).scalar_one()

    assert await retry(once) == 2
    assert runs == 2


async def test_a_server_that_is_not_there_is_unavailable(settings: Settings) -> None:
    engine = create_engine(settings, "postgresql://u:hunter2@127.0.0.1:1/d")
    try:
        with pytest.raises(PaymentsError) as caught:
            await retry(lambda: scalar(engine, "SELECT 1"), attempts_max=2)
        assert caught.value.reason is Reason.DATABASE_UNAVAILABLE
        with pytest.raises(OperationalError):
            await scalar(engine, "SELECT 1")
    finally:
        await engine.dispose()
