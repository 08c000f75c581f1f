"""Databases that tests share one after the other: nobody meets what another test has left."""

from typing import Any

import psycopg
import pytest
from psycopg import sql

from payments_service.storage.embedded import EmbeddedPostgres
from tests.integration.databases import Databases

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def contents(connection: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """Every row of every table."""
    names = [name for (name,) in connection.execute(TABLES).fetchall()]
    query = sql.SQL("SELECT to_json(t)::text FROM {} t ORDER BY 1")
    return {name: connection.execute(query.format(sql.Identifier(name))).fetchall() for name in names}


@pytest.fixture
def few(postgres: EmbeddedPostgres, migrated: str) -> Databases:
    return Databases(postgres, migrated)


def test_a_database_that_only_rows_were_written_to_is_used_again_without_them(
    few: Databases, postgres: EmbeddedPostgres
) -> None:
    name = few.take()
    with psycopg.connect(postgres.address.url(name), autocommit=True) as connection:
        before = contents(connection)
        connection.execute("UPDATE sequence_heads SET incarnation = gen_random_uuid()")
        connection.execute("DELETE FROM stripe_accounts")
        connection.execute(
            "INSERT INTO ledger_accounts (id, code, currency, kind) VALUES (gen_random_uuid(), 'a', 'usd', 'asset')"
        )
        connection.execute("ANALYZE")
    few.give_back(name)
    assert few.take() == name
    with psycopg.connect(postgres.address.url(name)) as connection:
        assert contents(connection) == before
    few.give_back(name)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more ()",
        "ALTER TABLE ledger_accounts ADD COLUMN more text",
        "ALTER TABLE ledger_accounts ALTER COLUMN code SET DEFAULT 'x'",
        "REVOKE SELECT ON ledger_accounts FROM payments_app",
        "DROP INDEX ledger_entries_transaction_id_idx",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "TRUNCATE ledger_accounts CASCADE",
    ],
)
def test_a_database_that_was_changed_otherwise_is_used_by_nobody_again(
    few: Databases, postgres: EmbeddedPostgres, change: str
) -> None:
    name = few.take()
    with psycopg.connect(postgres.address.url(name), autocommit=True) as connection:
        connection.execute(change)
    few.give_back(name)
    assert few.take() != name


def test_whoever_is_still_connected_is_sent_away(few: Databases, postgres: EmbeddedPostgres) -> None:
    name = few.take()
    with psycopg.connect(postgres.address.url(name)) as connection:
        connection.execute("LOCK TABLE ledger_accounts")
        few.give_back(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert few.take() == name
