"""What a running Postgres says of itself in `postmaster.pid`, and telling it to stop."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from payments_service.storage.embedded.area import Area
from payments_service.storage.embedded.errors import EmbeddedPostgresError
from payments_service.storage.embedded.locks import is_locked

# Fast shutdown disconnects everybody and writes a checkpoint; an immediate one leaves that to the next start.
_STOP_STEPS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The lines of `postmaster.pid` that matter (Postgres: src/include/utils/pidfile.h)."""

    pid: int
    data: Path
    port: int
    ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Return what the server of a data folder says, None if there is no file or it is not complete yet."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, folder, _started, port, _socket_folder, _address, _shared_memory, status = (line.strip() for line in lines)
        return Postmaster(int(pid), Path(folder), int(port), status == "ready")
    except (FileNotFoundError, ValueError):
        return None


def retire(area: Area) -> None:
    """Stop a server that has lost the process that started it, and wait until all its processes are gone.

    Its keeper, if it still lives, is doing the same: a second request changes nothing.

    Raises:
        EmbeddedPostgresError: It does not go away.
    """
    for request, patience_s in _STOP_STEPS:
        _request_stop(area, request)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not is_locked(area.alive_lock):
                return
            time.sleep(_POLL_S)
    raise EmbeddedPostgresError(
        f"A Postgres left over from a crash still uses {area.data} and does not stop: end its processes and start "
        f"again. Its log is {area.log}."
    )


def _request_stop(area: Area, request: signal.Signals) -> None:
    try:
        pid = int((area.data / "postmaster.pid").read_text().split("\n", 1)[0])
        if _is_postgres(pid):
            os.kill(pid, request)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return  # only its children are left, and they end by themselves


def _is_postgres(pid: int) -> bool:
    """Guard against a process id that has been given to another program; where there is no /proc, trust the file."""
    if not Path("/proc/self/comm").exists():
        return True
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except FileNotFoundError:
        return False
