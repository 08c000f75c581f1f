"""Making and dropping databases on any Postgres server, fast enough for one database per test."""

import psycopg
from psycopg import sql


def create_database(admin_url: str, name: str, *, template: str | None = None, owner: str | None = None) -> None:
    """Create a database.

    Args:
        admin_url: URL of another database of the server (`postgres`), as a role that may create databases.
        name: The new database's name.
        template: A database to copy, with its tables and rows; nobody may be connected to it.
        owner: The role that will own it; the role of `admin_url` if absent.

    Raises:
        psycopg.errors.DuplicateDatabase: There is one of this name.
        psycopg.Error: The server refuses for another reason, or cannot be reached.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        # Copied file by file: block by block through the log, as is usual, takes ten times as long.
        statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    if owner is not None:
        statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
    _execute(admin_url, statement)


def drop_database(admin_url: str, name: str) -> None:
    """Drop a database if it exists; whoever is connected to it is disconnected.

    Raises:
        psycopg.Error: The server refuses, or cannot be reached.
    """
    _execute(admin_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(admin_url: str, statement: sql.Composed) -> None:
    # Neither statement may run in a transaction.
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(statement)
