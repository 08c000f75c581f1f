"""A Postgres of the project's own, for development, demonstrations and tests: nothing to install or administer.

    the process that starts it ──lifeline (pipe)──▶ keeper ──▶ postgres (127.0.0.1, password)
             │ owner.lock                                          │ alive.lock
             ▼                                                     ▼
    .payments/postgres/  data  password  port  postgres.log  *.lock

`server.py` decides: under the start lock, `discovery.py` finds a live server or clears away a dead one; else `area.py`
finds the folder, `privileges.py` the user, `binaries.py` the programs, `cluster.py` makes the data folder, and
`launch.py` starts the `keeper.py` that runs Postgres and ends it when the lifeline closes.
"""

from payments_service.storage.embedded.connection import ServerAddress
from payments_service.storage.embedded.databases import create_database, drop_database
from payments_service.storage.embedded.errors import EmbeddedPostgresError
from payments_service.storage.embedded.server import DEFAULT_FOLDER, EmbeddedPostgres
from payments_service.storage.embedded.temporary import temporary_postgres

__all__ = [
    "DEFAULT_FOLDER",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "ServerAddress",
    "create_database",
    "drop_database",
    "temporary_postgres",
]
