"""The stack's database.

The stack's own sandbox begins empty each time, and books that still held the money of an earlier one could never agree
with it. So a stack with its own sandbox gets books that begin empty too: a database of its own. With a Stripe that
lives on elsewhere the books live on as well.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from payments_service.cli.database import EMBEDDED_DATABASE, migrate_or_fail, ready_database
from payments_service.cli.errors import CommandError
from payments_service.config import Settings
from payments_service.storage.embedded import EmbeddedPostgres, create_database, drop_database
from payments_service.storage.url import CONNECT_TIMEOUT_S, database_url

KEPT_MAX = 5
"""How many databases of runs the embedded Postgres keeps, the newest included."""

_INFIX = "_up_"


@dataclass(frozen=True, slots=True)
class StackDatabase:
    """The database that a stack works on.

    Attributes:
        url: with the password; migrated.
        name: of the database.
        note: what to tell the user about it.
    """

    url: str
    name: str
    note: str


def embedded_database(server: EmbeddedPostgres, settings: Settings, *, own_sandbox: bool) -> StackDatabase:
    """A database in the embedded Postgres: a new one for the stack's own sandbox, else the one that is kept.

    Raises:
        CommandError: it cannot be made or migrated.
    """
    if not own_sandbox:
        url = ready_database(server, EMBEDDED_DATABASE, settings.database_role)
        return StackDatabase(url, EMBEDDED_DATABASE, "")
    admin_url = server.postgres_url()
    name = _create(admin_url, EMBEDDED_DATABASE)
    url = ready_database(server, name, settings.database_role)
    earlier = [other for other in _of_runs(admin_url, EMBEDDED_DATABASE) if other != name]
    kept, old = earlier[: KEPT_MAX - 1], earlier[KEPT_MAX - 1 :]
    for database in old:
        drop_database(admin_url, database)
    note = "new, because the sandbox begins empty too"
    if kept:
        note += f"; of earlier runs {len(kept)} {'is' if len(kept) == 1 else 'are'} kept, the newest is {kept[0]}"
    if old:
        note += f"; removed: {', '.join(old)}"
    return StackDatabase(url, name, note)


def given_database(settings: Settings, *, own_sandbox: bool) -> StackDatabase:
    """The database of PAYMENTS_DATABASE_URL; when it has books already, for the stack's own sandbox one beside it.

    Raises:
        CommandError: it cannot be reached, made or migrated.
    """
    chosen = settings.migration_database_url or settings.database_url
    if chosen is None or settings.database_url is None:
        raise RuntimeError("there is no database in the settings")
    owner_url, url = chosen.get_secret_value(), settings.database_url.get_secret_value()
    migrate_or_fail(owner_url, settings.database_role)
    name = database_url(url).database or database_url(url).username or ""
    if not own_sandbox or not _has_books(owner_url):
        return StackDatabase(url, name, "")
    beside = _create(owner_url, name)
    owner_url, url = _named(owner_url, beside), _named(url, beside)
    migrate_or_fail(owner_url, settings.database_role)
    return StackDatabase(
        url, beside, f"new, beside {name}: that one has the books of another sandbox, and this sandbox begins empty"
    )


def _create(admin_url: str, base: str) -> str:
    """Make a database named after the moment; returns its name."""
    name = f"{base}{_INFIX}{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"
    try:
        create_database(_plain(admin_url), name)
    except psycopg.Error as error:
        raise CommandError(
            f"cannot make the database {name} for this run: {' '.join(str(error).split())}; allow the role CREATEDB, "
            "or set PAYMENTS_DATABASE_URL to an empty database"
        ) from None
    return name


def _of_runs(admin_url: str, base: str) -> list[str]:
    """Databases of runs, the newest first."""
    with psycopg.connect(admin_url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname DESC", [base + _INFIX]
        ).fetchall()
    return [str(name) for (name,) in rows]


def _has_books(url: str) -> bool:
    """Whether anything was ever posted or paid in this database."""
    with psycopg.connect(_plain(url), connect_timeout=CONNECT_TIMEOUT_S) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM ledger_transactions) OR EXISTS (SELECT 1 FROM payments)"
        ).fetchone()
    return bool(row and row[0])


def _named(url: str, database: str) -> str:
    return database_url(url).set(database=database).render_as_string(hide_password=False)


def _plain(url: str) -> str:
    """A URL for psycopg: without SQLAlchemy's driver."""
    return database_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
