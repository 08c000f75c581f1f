"""A clock of the database that stands still until a test moves it.

Sessions whose search path begins with the schema `clock` get its `clock_timestamp()` before Postgres' own, so that a
hold expires when a test says so, and what is recorded is recorded at a time that the test knows.
"""

from datetime import UTC, datetime

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from payments_service.storage.url import database_url

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""What the clock shows at first."""

_SCHEMA = """
CREATE SCHEMA clock;
CREATE TABLE clock.hand (time timestamptz NOT NULL);
CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT time FROM clock.hand';
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT time FROM clock.hand';
"""


class StandingClock:
    """The clock of one database, and who may turn it."""

    def __init__(self, url: str, role: str, time: datetime) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(_SCHEMA)
        self._connection.execute("INSERT INTO clock.hand VALUES (%s)", [time])
        for grant in ("USAGE ON SCHEMA clock", "SELECT ON clock.hand"):
            self._connection.execute(sql.SQL(f"GRANT {grant} TO {{}}").format(sql.Identifier(role)))
        asked = make_url(url).update_query_dict({"options": "-c search_path=clock,pg_catalog,public"})
        self.url = database_url(asked.render_as_string(hide_password=False)).render_as_string(hide_password=False)

    def set(self, time: datetime) -> None:
        """What the database's clock shows from now on."""
        self._connection.execute("UPDATE clock.hand SET time = %s", [time])

    def empty(self, *tables: str) -> None:
        """Remove the rows of tables, as their owner."""
        for table in tables:
            self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    def close(self) -> None:
        self._connection.close()
