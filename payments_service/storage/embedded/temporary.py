"""A server for the length of a test session."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from payments_service.storage.embedded.server import EmbeddedPostgres


@contextlib.contextmanager
def temporary_postgres() -> Iterator[EmbeddedPostgres]:
    """Run a server on a new temporary folder and remove both at the end.

    It does not wait for the disk (`durable=False`). Make one per test process, migrate one database, and give every
    test a copy of it with `create_database(name, template=…)`.

    Raises:
        EmbeddedPostgresError: It cannot be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="payments-postgres-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the unprivileged user that Postgres runs as must get through
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    try:
        server.start()
        yield server
    finally:
        server.remove()
        shutil.rmtree(folder)
