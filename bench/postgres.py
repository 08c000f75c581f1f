"""What Postgres has used of the processors."""

import contextlib
from collections.abc import Callable

import psutil
import psycopg

CPU = "Postgres CPU µs"


async def postgres_cpu(url: str) -> Callable[[], float]:
    """A function that gives the CPU seconds of a server so far, backends that have ended included.

    Args:
        url: of any database of it, on this machine, as its superuser.
    """
    async with await psycopg.AsyncConnection.connect(url) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        server = backend.parent() or backend

    def seconds() -> float:
        own = server.cpu_times()
        # Linux adds a process that has ended to its parent; elsewhere those are missing.
        total = own.user + own.system + own.children_user + own.children_system
        for process in server.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(process.cpu_times()[:2])
        return float(total)

    return seconds
