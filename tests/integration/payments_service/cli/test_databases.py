"""Books that begin empty for a sandbox that begins empty, and books that live on where Stripe does."""

from collections.abc import Iterator

import psycopg
import pytest

from payments_service.cli.errors import CommandError
from payments_service.cli.stack.databases import KEPT_MAX, embedded_database, given_database
from payments_service.config import Settings, load_settings
from payments_service.storage.embedded import EmbeddedPostgres, create_database, drop_database


@pytest.fixture
def server(postgres: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """The server of this test process, without databases of runs."""
    yield postgres
    for name in [*of_runs(postgres), "payments"]:
        drop_database(postgres.postgres_url(), name)


def of_runs(server: EmbeddedPostgres) -> list[str]:
    with psycopg.connect(server.postgres_url()) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%\\_up\\_%'").fetchall()
    return [name for (name,) in rows]


def with_url(url: str) -> Settings:
    return load_settings({"PAYMENTS_DATABASE_URL": url})


def pay(url: str) -> None:
    """Leave one transaction in the books."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO ledger_transactions (id, reference, kind, effective_time, record_time, description, metadata, "
            "actor, request_id, digest) "
            "VALUES (gen_random_uuid(), 'stripe:txn_1', 'post', now(), now(), '', '{}', 'settlement', '', '')"
        )


def test_each_own_sandbox_gets_new_books_and_a_few_old_ones_are_kept(server: EmbeddedPostgres) -> None:
    settings = load_settings({})
    made = [embedded_database(server, settings, own_sandbox=True) for _ in range(KEPT_MAX + 2)]
    assert sorted(of_runs(server)) == sorted(database.name for database in made[-KEPT_MAX:])
    assert made[0].note == "new, because the sandbox begins empty too"
    assert f"1 is kept, the newest is {made[0].name}" in made[1].note
    assert f"removed: {made[1].name}" in made[-1].note


def test_with_a_stripe_elsewhere_the_books_live_on(server: EmbeddedPostgres) -> None:
    settings = load_settings({})
    names = {embedded_database(server, settings, own_sandbox=False).name for _ in range(2)}
    assert names == {"payments"}
    assert of_runs(server) == []


def test_a_given_database_without_books_is_used_as_it_is(empty_database_url: str) -> None:
    database = given_database(with_url(empty_database_url), own_sandbox=True)
    assert (database.url, database.note) == (empty_database_url, "")


def test_a_given_database_with_books_is_left_alone_by_an_own_sandbox(
    server: EmbeddedPostgres, database_url: str
) -> None:
    pay(database_url)
    database = given_database(with_url(database_url), own_sandbox=True)
    assert of_runs(server) == [database.name]
    assert "that one has the books of another sandbox" in database.note
    with psycopg.connect(database.url.replace("postgresql+psycopg", "postgresql")) as connection:
        assert connection.execute("SELECT count(*) FROM ledger_transactions").fetchone() == (0,)


def test_a_given_database_with_books_is_used_with_a_stripe_elsewhere(
    server: EmbeddedPostgres, database_url: str
) -> None:
    pay(database_url)
    database = given_database(with_url(database_url), own_sandbox=False)
    assert (database.url, of_runs(server)) == (database_url, [])


def test_who_may_not_make_databases_is_told_what_to_do(server: EmbeddedPostgres, migrated: str) -> None:
    assert migrated  # so the role of the service is there
    owner, name = "may_not_create_databases", "owned"
    with psycopg.connect(server.postgres_url(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'x'")
        connection.execute(f"GRANT payments_app TO {owner} WITH ADMIN OPTION")
    create_database(server.postgres_url(), name, owner=owner)
    url = server.postgres_url(name, owner, "x")
    try:
        assert given_database(with_url(url), own_sandbox=True).name == name
        pay(url)
        with pytest.raises(CommandError, match="allow the role CREATEDB"):
            given_database(with_url(url), own_sandbox=True)
    finally:
        drop_database(server.postgres_url(), name)
        with psycopg.connect(server.postgres_url(), autocommit=True) as connection:
            connection.execute(f"DROP ROLE {owner}")
