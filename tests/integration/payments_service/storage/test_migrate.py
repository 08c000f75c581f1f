"""Migrating: from nothing, twice, by many at once, and what is said when it cannot be done."""

import importlib
import pkgutil
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import NullPool

from payments_service.storage import migrate as module
from payments_service.storage import tables
from payments_service.storage.embedded import EmbeddedPostgres, create_database, drop_database
from payments_service.storage.migrate import MigrationError, migrate, migrations_folder
from payments_service.storage.tables.metadata import metadata
from payments_service.storage.url import database_url as sqlalchemy_url

ROLE = "payments_app"
PROGRAM = "import sys; from payments_service.storage.migrate import migrate; migrate(sys.argv[1], sys.argv[2])"
PATIENCE_SECONDS = 120.0
"""As long as one waits for another that is migrating: a busy machine says nothing about either."""
HEADS = ScriptDirectory(str(migrations_folder())).get_heads()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def version(url: str) -> list[str]:
    return [str(row[0]) for row in query(url, "SELECT version_num FROM alembic_version")]


def end_of(process: "subprocess.Popen[str]") -> tuple[str, int]:
    """What a program said of errors, and its exit code."""
    return process.communicate(timeout=PATIENCE_SECONDS)[1], process.returncode


def test_an_empty_database_is_brought_to_the_newest_schema_and_stays_there(empty_database_url: str) -> None:
    migrate(empty_database_url, ROLE)
    tables = query(empty_database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    migrate(empty_database_url, ROLE)
    assert version(empty_database_url) == HEADS
    assert query(empty_database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == tables
    assert tables[0][0] >= 4  # type: ignore[operator]  # a count


def test_several_processes_may_migrate_at_once(empty_database_url: str) -> None:
    command = [sys.executable, "-c", PROGRAM, empty_database_url, "role_made_in_a_race"]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [end_of(process) for process in running] == [("", 0)] * 3
    assert version(empty_database_url) == HEADS


def test_databases_of_one_server_may_be_migrated_at_once(postgres: EmbeddedPostgres) -> None:
    names = [f"race_{number}" for number in range(3)]
    for name in names:
        create_database(postgres.address.url(), name)
    try:
        commands = [[sys.executable, "-c", PROGRAM, postgres.address.url(name), "role_of_many"] for name in names]
        running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
        assert [end_of(process) for process in running] == [("", 0)] * 3
    finally:
        for name in names:
            drop_database(postgres.address.url(), name)


def test_threads_of_one_process_may_migrate_at_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrate(empty_database_url, ROLE), range(3)))
    assert version(empty_database_url) == HEADS


def test_what_another_makes_at_the_same_moment_is_taken_as_it_is(empty_database_url: str) -> None:
    # Postgres says the same when another's table appears between its look for tables and its look for types.
    with psycopg.connect(empty_database_url, autocommit=True) as another:
        another.execute("CREATE DOMAIN alembic_version AS text")
        collisions: list[BaseException] = []

        def is_done(context: ExceptionContext) -> None:
            collisions.append(context.original_exception)
            another.execute("DROP DOMAIN IF EXISTS alembic_version")

        event.listen(Engine, "handle_error", is_done)
        try:
            migrate(empty_database_url, ROLE)
        finally:
            event.remove(Engine, "handle_error", is_done)
    assert [type(one) for one in collisions] == [psycopg.errors.DuplicateObject]
    assert version(empty_database_url) == HEADS


def test_what_is_in_the_way_for_good_is_named(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as another:
        another.execute("CREATE DOMAIN alembic_version AS text")
    with pytest.raises(MigrationError, match='type "alembic_version" already exists'):
        migrate(empty_database_url, ROLE)


def test_the_tables_are_what_the_code_thinks_they_are(database_url: str) -> None:
    for table_module in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
        importlib.import_module(table_module.name)
    engine = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: (kind, name) != ("table", "alembic_version"),
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    assert differences == []


def test_the_role_has_what_the_ledger_needs_and_no_more(database_url: str) -> None:
    grants = query(
        database_url,
        "SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type) "
        "FROM information_schema.table_privileges "
        f"WHERE grantee = '{ROLE}' AND table_name LIKE 'ledger%' GROUP BY table_name ORDER BY table_name",
    )
    assert grants == [
        ("ledger_accounts", "INSERT SELECT UPDATE"),
        ("ledger_effective_totals", "INSERT SELECT UPDATE"),
        ("ledger_entries", "INSERT SELECT"),
        ("ledger_hold_expiries", "DELETE INSERT SELECT UPDATE"),
        ("ledger_queue", "DELETE INSERT SELECT"),
        ("ledger_seals", "INSERT SELECT"),
        ("ledger_sequence", "INSERT SELECT"),
        ("ledger_shifted_entries", "INSERT SELECT"),
        ("ledger_transactions", "INSERT SELECT"),
    ]
    assert query(database_url, f"SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = '{ROLE}'") == [
        (False, False)
    ]


def test_the_migrations_are_found_in_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "100% installed" / "payments_service" / "storage"
    shutil.copytree(migrations_folder(), installed / "migrations")
    monkeypatch.setattr(module, "_HERE", installed)
    assert migrations_folder() == installed / "migrations"


def test_migrations_run_from_a_folder_with_odd_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    installed = tmp_path / "100% installed: here"
    shutil.copytree(migrations_folder(), installed / "migrations")
    monkeypatch.setattr(module, "_HERE", installed)
    migrate(empty_database_url, ROLE)
    assert version(empty_database_url) == HEADS


@pytest.fixture
def limited(postgres: EmbeddedPostgres, empty_database_url: str) -> str:
    """URL of an empty database as a user who may do nothing but log in."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS limited")
        connection.execute("CREATE ROLE limited LOGIN PASSWORD 'p'")
    name = empty_database_url.rpartition("/")[2]
    return postgres.address.url(name, user="limited", password="p")


def test_missing_privileges_are_named_in_one_line(limited: str) -> None:
    with pytest.raises(MigrationError) as caught:
        migrate(limited, "role_that_is_not_there")
    assert "permission denied to create role" in str(caught.value)
    assert "PAYMENTS_MIGRATION_DATABASE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_owner_who_may_create_roles_needs_no_superuser(limited: str, empty_database_url: str) -> None:
    name = empty_database_url.rpartition("/")[2]
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE limited CREATEROLE")
        connection.execute(f"ALTER DATABASE {name} OWNER TO limited".encode())
    migrate(limited, "role_of_an_owner")
    migrate(limited, "role_of_an_owner")
    with psycopg.connect(limited, options="-c role=role_of_an_owner") as connection:
        assert connection.execute("SELECT count(*) FROM ledger_entries").fetchone() == (0,)


def test_an_unreachable_server_is_named_in_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(MigrationError) as caught:
            migrate(f"postgresql://u:hunter2@127.0.0.1:{port}/d", ROLE)
    assert f"database 127.0.0.1:{port}/d cannot be reached" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_table_that_stays_in_use_is_not_waited_for(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(empty_database_url, ROLE)
    monkeypatch.setattr(module, "WAIT_FOR_OTHER_MS", 50)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE")
        with pytest.raises(MigrationError, match="stayed in use"):
            migrate(empty_database_url, ROLE)
