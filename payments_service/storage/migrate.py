"""Bring a database to the newest schema: `payments migrate`, `payments up`, and tests."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from payments_service.storage.url import CONNECT_TIMEOUT_S, database_url

LOCK_TIMEOUT_MS = 5_000
"""How long a change waits for a table in use before it gives up, rather than make everybody else wait behind it."""

WAIT_FOR_OTHER_MS = 120_000
"""How long to wait for another process that is migrating the same database."""

_ATTEMPTS_MAX = 8
_COLLISIONS = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,
    psycopg.errors.InternalError_,  # "tuple concurrently updated"
)
_POSTGRES_16 = 160_000
_HERE = Path(__file__).parent

# Alembic hands its scripts their context through module globals.
_alembic = threading.Lock()


class MigrationError(Exception):
    """The database could not be migrated. The message is one line: what is wrong, and what to do."""


def migrate(url: str, role: str) -> None:
    """Create the service's role if it is missing, and run every migration that has not been run.

    All migrations of a run commit together or not at all. Several processes may do this at once: one migrates, the
    others wait for it and find nothing left to do.

    Args:
        url: the database, as the owner of its tables. To create the role it needs CREATEROLE.
        role: what the service runs as; it gets no more on each table than the service needs.

    Raises:
        MigrationError: the database cannot be reached, a privilege is missing, or a table stayed in use.
        ConfigurationError: `url` is not the URL of a Postgres database.
    """
    target = database_url(url)
    where = f"{target.host or 'local socket'}:{target.port or 5432}/{target.database or target.username or ''}"
    connect_args = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "payments migrate"}
    engine = create_engine(target, poolclass=NullPool, connect_args=connect_args)
    try:
        # Roles belong to the whole cluster: whoever migrates another database may be making the same one.
        _beside_others(engine, partial(_ensure_role, role=role))
        _beside_others(engine, _ensure_version_table)
        _upgrade(engine, role)
    except DBAPIError as error:
        raise MigrationError(_explain(error, where)) from error


def run_migrations(context: Any) -> None:  # noqa: ANN401 - alembic.context, a module that stands for an object
    """What `migrations/env.py` does: run the scripts on the connection that `migrate` has opened."""
    attributes = context.config.attributes
    context.configure(connection=attributes["connection"], role=attributes["role"])
    with context.begin_transaction():
        context.run_migrations()


def migrations_folder() -> Path:
    """Where the migrations are: inside an installed package, or at the root of a checkout."""
    installed = _HERE / "migrations"
    return installed if installed.is_dir() else _HERE.parent.parent / "migrations"


def _upgrade(engine: Engine, role: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with _alembic, engine.begin() as connection:
        # Whoever comes second waits here, and then sees what the first has done.
        _set_lock_timeout(connection, WAIT_FOR_OTHER_MS)
        connection.execute(text("LOCK TABLE alembic_version IN SHARE ROW EXCLUSIVE MODE"))
        _set_lock_timeout(connection, LOCK_TIMEOUT_MS)
        quoted = _quoted(connection, role)
        config.attributes.update(connection=connection, role=quoted)
        command.upgrade(config, "head")
        connection.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))


def _set_lock_timeout(connection: Connection, milliseconds: int) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))


def _ensure_version_table(connection: Connection) -> None:
    """Alembic's own table, made before it so that it can be locked."""
    columns = "(version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS alembic_version {columns}"))


def _beside_others(engine: Engine, make: Callable[[Connection], None]) -> None:
    """Make what somebody else may be making right now, in a transaction: when the two collide, look again.

    What there is already is left as it is. But asking first and IF NOT EXISTS both look before they make, and Postgres
    reports what came in between in as many ways as there are catalogs that it writes to: as a row, a table, its type.
    """
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        try:
            with engine.begin() as connection:
                make(connection)
        except DBAPIError as error:
            if attempt == _ATTEMPTS_MAX or not isinstance(error.orig, _COLLISIONS):
                raise
        else:
            return


def _ensure_role(connection: Connection, role: str) -> None:
    quoted = _quoted(connection, role)
    if connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first() is None:
        connection.execute(text(f"CREATE ROLE {quoted} NOLOGIN"))
    version = int(connection.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    # From Postgres 16 on, who creates a role may hand it on, but not take it on without being told so.
    privilege = "SET" if version >= _POSTGRES_16 else "MEMBER"
    may = text("SELECT pg_has_role(current_user, :role, :privilege)")
    if not connection.execute(may, {"role": role, "privilege": privilege}).scalar_one():
        connection.execute(text(f"GRANT {quoted} TO CURRENT_USER"))


def _quoted(connection: Connection, role: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(role)


def _explain(error: DBAPIError, where: str) -> str:
    cause = error.orig
    first_line = " ".join(str(cause).split())
    match cause:
        case psycopg.errors.InsufficientPrivilege():
            return (
                f"database {where}: {first_line}: migrate as the owner of the database with CREATEROLE, see "
                "PAYMENTS_MIGRATION_DATABASE_URL"
            )
        case psycopg.errors.LockNotAvailable():
            return f"database {where}: a table stayed in use for too long: try again, when long transactions have ended"
        case psycopg.OperationalError() if cause.sqlstate is None:
            return f"database {where} cannot be reached: {first_line}"
        case _:
            return f"database {where}: {first_line}"
