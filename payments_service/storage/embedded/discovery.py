"""Finding the server that already runs on a data folder, and clearing away what a crash left."""

import time

import psycopg

from payments_service.storage.embedded.area import Area
from payments_service.storage.embedded.cluster import HOST, SUPERUSER
from payments_service.storage.embedded.connection import ServerAddress
from payments_service.storage.embedded.errors import EmbeddedPostgresError
from payments_service.storage.embedded.locks import is_locked
from payments_service.storage.embedded.postmaster import read_postmaster, retire

_POLL_S = 0.02


def find_running(area: Area, timeout_s: float) -> ServerAddress | None:
    """Return the server that runs on the area, or None when there is none and a new one may be started.

    The caller holds the start lock, so nobody else is starting one. A server whose starter lives is used; one that is
    stopping is waited for; one whose starter was killed is stopped first, as its keeper would do in a moment. After
    None, no `postmaster.pid` of a crash is in the way.

    Raises:
        EmbeddedPostgresError: A server is there, but neither answers nor ends.
    """
    deadline = time.monotonic() + timeout_s
    while is_locked(area.alive_lock):
        if not is_locked(area.owner_lock):
            retire(area)
            continue
        address = _answering(area)
        if address is not None:
            return address
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"The Postgres that runs on {area.data} has not answered for {timeout_s:.0f} s: stop the program that "
                f"started it and start again. Its log is {area.log}."
            )
        time.sleep(_POLL_S)
    return _started_by_hand(area)


def _started_by_hand(area: Area) -> ServerAddress | None:
    """Return a server that somebody started without this package; without one, remove the `postmaster.pid` of a crash.

    The file names a process id that may since have been given to another program, and Postgres would then refuse to
    start. Should there be a server after all that does not answer, Postgres still finds it by its shared memory.
    """
    postmaster = read_postmaster(area.data)
    if postmaster is not None and postmaster.data.resolve() == area.data:
        address = _answering(area)
        if address is not None:
            return address
    (area.data / "postmaster.pid").unlink(missing_ok=True)
    return None


def _answering(area: Area) -> ServerAddress | None:
    """Return the server if it accepts the superuser. Logging in proves it is ours: nobody else knows the password."""
    postmaster = read_postmaster(area.data)
    if postmaster is None or not postmaster.ready or not area.password.exists():
        return None
    address = ServerAddress(HOST, postmaster.port, SUPERUSER, area.password.read_text())
    try:
        # Given explicitly, what the environment (PGHOSTADDR, PGSSLMODE, PGOPTIONS) could otherwise change.
        psycopg.connect(
            address.url(), hostaddr=HOST, sslmode="disable", gssencmode="disable", options="", connect_timeout=2
        ).close()
    except psycopg.OperationalError:
        return None
    return address
