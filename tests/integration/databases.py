"""Migrated databases for tests: each as new, and most of them used before.

Making a database and dropping it costs a tenth of a second and the disk. Removing what a test has written costs a
millisecond. So a database is used again, unless the test has changed more than rows: then nobody gets it any more.
"""

from itertools import count
from typing import Any

import psycopg
from psycopg import sql

from payments_service.storage.embedded import EmbeddedPostgres, create_database, drop_database

_numbers = count(1)

_CATALOGS = (
    "attribute",
    "attrdef",
    "class",
    "constraint",
    "db_role_setting",
    "index",
    "namespace",
    "policy",
    "proc",
    "trigger",
    "type",
)
_SHAPE = " UNION ALL ".join(
    f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM pg_{name}" for name in _CATALOGS
)
"""What changes with every change of a table, an index, a function, a right: each leaves a new row in a catalog."""

_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Databases:
    """Databases of one server, made from a template when none is left to be used again.

    Args:
        postgres: the server.
        template: name of a migrated database that nobody is connected to.
    """

    def __init__(self, postgres: EmbeddedPostgres, template: str) -> None:
        self._postgres = postgres
        self._template = template
        self._spare: list[str] = []
        self._shapes: dict[str, list[Any]] = {}
        self._reset: sql.Composed | None = None

    def take(self) -> str:
        """The name of a database with nothing in it but what migrations put there."""
        if self._spare:
            return self._spare.pop()
        name = f"test_{next(_numbers)}"
        create_database(self._postgres.address.url(), name, template=self._template)
        with self._connect(name) as connection:
            self._shapes[name] = connection.execute(_SHAPE).fetchall()
            if self._reset is None:
                self._reset = back_to_now(connection)
        return name

    def give_back(self, name: str) -> None:
        """Disconnect whoever is left, and remove what was written; or the database, when it is not what it was."""
        with self._connect(name) as connection:
            connection.execute(_OTHERS)
            same = connection.execute(_SHAPE).fetchall() == self._shapes[name]
            if same and self._reset is not None:
                connection.execute(self._reset)
        if same:
            self._spare.append(name)
        else:
            drop_database(self._postgres.address.url(), name)

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self._postgres.address.url(name), autocommit=True)


def back_to_now(connection: psycopg.Connection[Any]) -> sql.Composed:
    """The statements that bring the rows of every table back to what they are now.

    Args:
        connection: as the superuser; the statements are for such a one too.
    """
    tables = [
        sql.Identifier(name)
        for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    ]
    # Foreign keys are triggers, and a replica does not fire them: so the order does not matter.
    statements = [sql.SQL("SET session_replication_role = replica")]
    for table in tables:
        statements.append(sql.SQL("DELETE FROM {}").format(table))  # type: ignore[arg-type]  # one is composed
        [(rows,)] = connection.execute(sql.SQL("SELECT json_agg(t)::text FROM {} t").format(table)).fetchall()
        if rows is not None:
            insert = sql.SQL("INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {rows})")
            statements.append(insert.format(table=table, rows=sql.Literal(rows)))  # type: ignore[arg-type]  # the same
    return sql.SQL("; ").join(statements)
