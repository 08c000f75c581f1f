"""Databases for tests: from a template, and away again although somebody is connected."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from payments_service.storage.embedded import EmbeddedPostgres, temporary_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as running:
        yield running


def names(server: EmbeddedPostgres) -> set[str]:
    with psycopg.connect(server.postgres_url()) as connection:
        return {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database").fetchall()}


def test_a_database_is_copied_from_a_template_with_its_rows(server: EmbeddedPostgres) -> None:
    server.create_database("model")
    with psycopg.connect(server.postgres_url("model")) as connection:
        connection.execute("CREATE TABLE account AS SELECT 42 AS balance")

    server.create_database('copy "1"', template="model")

    with psycopg.connect(server.postgres_url('copy "1"')) as connection:
        assert connection.execute("SELECT balance FROM account").fetchone() == (42,)


def test_a_database_can_belong_to_another_role(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.postgres_url()) as connection:
        connection.execute("CREATE ROLE keeper_of_books LOGIN PASSWORD 'p@ss'")

    server.create_database("books", owner="keeper_of_books")

    with psycopg.connect(server.postgres_url("books", "keeper_of_books", "p@ss")) as connection:
        connection.execute("CREATE TABLE mine (id int)")


def test_a_database_in_use_can_be_dropped_and_dropped_again(server: EmbeddedPostgres) -> None:
    server.create_database("busy")
    with psycopg.connect(server.postgres_url("busy")):
        server.drop_database("busy")
        assert "busy" not in names(server)
    server.drop_database("busy")


def test_a_name_that_is_taken_is_refused(server: EmbeddedPostgres) -> None:
    server.create_database("taken")

    with pytest.raises(psycopg.errors.DuplicateDatabase, match="taken"):
        server.create_database("taken")


def test_a_temporary_server_leaves_nothing() -> None:
    with temporary_postgres() as temporary:
        folder = temporary.folder
        assert names(temporary) >= {"postgres", "template1"}

    assert not Path(folder).parent.exists()
