"""The database that a command works on: the one that is set, or the embedded one, found or started."""

import contextlib
from collections.abc import Iterator

import psycopg
from pydantic import SecretStr

from payments_service.cli.data_folder import DataFolder
from payments_service.cli.errors import CommandError
from payments_service.config import Settings
from payments_service.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, create_database
from payments_service.storage.service_login import ensure_service_login

EMBEDDED_DATABASE = "payments"
"""The database of the embedded Postgres that is kept from run to run."""


@contextlib.contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database: unchanged when one is set, else with a migrated one in the embedded Postgres.

    An embedded Postgres that is started here is stopped in the end.

    Raises:
        CommandError: there is no Postgres to be had, or it cannot be migrated.
    """
    if settings.database_url is not None:
        yield settings
        return
    with embedded_postgres(settings) as server:
        url = ready_database(server, EMBEDDED_DATABASE, settings.database_role)
        yield settings.model_copy(update={"database_url": SecretStr(url)})


@contextlib.contextmanager
def embedded_postgres(settings: Settings) -> Iterator[EmbeddedPostgres]:
    """The embedded Postgres of the data folder, running.

    Raises:
        CommandError: it cannot be had; says why and what to do.
    """
    server = EmbeddedPostgres(DataFolder(settings.data_dir).postgres)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    except EmbeddedPostgresError as error:
        raise CommandError(str(error)) from None


def ready_database(server: EmbeddedPostgres, name: str, role: str) -> str:
    """The URL, with the service's own login, of a migrated database of the server; it is made if it is not there.

    Raises:
        CommandError: it cannot be migrated; says why and what to do.
    """
    migrate_or_fail(ensure_database(server, name), role)
    return server.postgres_url(name, *ensure_service_login(server.postgres_url(), role))


def ensure_database(server: EmbeddedPostgres, name: str) -> str:
    """The URL, as its owner, of a database of the server, made if it is not there."""
    with contextlib.suppress(psycopg.errors.DuplicateDatabase):
        create_database(server.postgres_url(), name)
    return server.postgres_url(name)


def migrate_or_fail(url: str, role: str) -> None:
    """Bring a database to the newest schema.

    Raises:
        CommandError: it cannot be migrated; says why and what to do.
    """
    from payments_service.storage.migrate import MigrationError, migrate

    try:
        migrate(url, role)
    except MigrationError as error:
        raise CommandError(str(error)) from None
