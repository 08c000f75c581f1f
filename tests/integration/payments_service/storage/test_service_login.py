"""The service logs in as somebody who may only be what the service may be."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from payments_service.config import Settings
from payments_service.storage.embedded import EmbeddedPostgres
from payments_service.storage.engine import create_engine
from payments_service.storage.service_login import ensure_service_login


def test_many_at_once_get_one_login(postgres: EmbeddedPostgres, migrated: str, settings: Settings) -> None:
    assert migrated
    with ThreadPoolExecutor(8) as pool:
        logins = set(
            pool.map(lambda _: ensure_service_login(postgres.postgres_url(), settings.database_role), range(8))
        )

    assert len(logins) == 1


def test_by_itself_it_may_read_nothing_and_it_cannot_become_more(
    postgres: EmbeddedPostgres, database_url: str, settings: Settings
) -> None:
    login = ensure_service_login(postgres.postgres_url(), settings.database_role)
    name = database_url.rpartition("/")[2]

    with psycopg.connect(postgres.postgres_url(name, *login), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM payments")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE postgres")
        connection.execute(f"SET ROLE {settings.database_role}")
        connection.execute("SELECT * FROM payments")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE ledger_entries SET amount_minor = 1")


async def test_the_services_engine_works_with_it(
    postgres: EmbeddedPostgres, database_url: str, settings: Settings
) -> None:
    login = ensure_service_login(postgres.postgres_url(), settings.database_role)
    engine = create_engine(settings, postgres.postgres_url(database_url.rpartition("/")[2], *login))
    async with engine.connect() as connection:
        row = (await connection.exec_driver_sql("SELECT session_user::text, current_user::text")).one()
    await engine.dispose()

    assert tuple(row) == (login[0], settings.database_role)
