"""`payments migrate`: bring the database to the newest schema."""

import psycopg
import typer

from payments_service.cli.database import EMBEDDED_DATABASE, embedded_postgres, ensure_database, migrate_or_fail
from payments_service.config import load_settings
from payments_service.storage.url import CONNECT_TIMEOUT_S, database_url


def run_migrate() -> None:
    """Migrate and say from which revision to which.

    Raises:
        ConfigurationError: a setting is wrong.
        CommandError: the database cannot be migrated.
    """
    settings = load_settings()
    chosen = settings.migration_database_url or settings.database_url
    if chosen is not None:
        _migrate(chosen.get_secret_value(), settings.database_role)
        return
    with embedded_postgres(settings) as server:
        _migrate(ensure_database(server, EMBEDDED_DATABASE), settings.database_role)


def _migrate(url: str, role: str) -> None:
    before = revision(url)
    migrate_or_fail(url, role)
    after = revision(url)
    name = database_url(url).database
    if before == after:
        typer.echo(f"database {name} is at {after} already")
    else:
        typer.echo(f"database {name}: from {before or 'empty'} to {after}")


def revision(url: str) -> str | None:
    """The schema's revision; None when there is none yet, or the database cannot be asked (migrating says why)."""
    plain = database_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.Error:
        return None
    return str(row[0]) if row else None
