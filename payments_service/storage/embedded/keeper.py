"""The small process between the one that started Postgres and Postgres itself; it sees to it that nothing is left over.

Run as a script, with the standard library only, so that it starts in a few hundredths of a second. Its standard input
is the lifeline: the first line is its orders in JSON, and when the other end closes, because the starting process ended
or was killed, Postgres is shut down. It lives in its own session, so a Ctrl-C in the terminal reaches neither it nor
Postgres. If the keeper itself is killed, Linux tells Postgres to shut down (PR_SET_PDEATHSIG); elsewhere the next start
does.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG_BYTES_MAX = 4 * 1024 * 1024

_PR_SET_PDEATHSIG = 1
_TICK_S = 1.0
_LOCK_TIMEOUT_S = 5.0
# The same steps as in postmaster.py, which this script cannot import.
_STOP_STEPS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def main() -> int:
    """Start Postgres, wait until the lifeline or Postgres ends, and leave nothing behind."""
    bell = _ring_on_signals()
    starter = os.getppid()
    orders = _read_orders()
    alive_lock = os.open(orders["alive_lock"], os.O_RDWR)
    if not _take(alive_lock):
        sys.stderr.write("Another Postgres still uses this data folder.\n")
        return 1
    log = Path(orders["log"])
    postgres = subprocess.Popen(  # noqa: S603 - the command comes from the process that started this one
        orders["command"],
        stdin=subprocess.DEVNULL,
        cwd="/",
        env=orders["environment"],
        pass_fds=[alive_lock],  # held by every process of the server, until the last one is gone
        preexec_fn=_tie_to_keeper(),  # noqa: PLW1509 - this process has one thread
        **orders["identity"],
    )
    while postgres.poll() is None and not bell.told_to_stop and os.getppid() == starter:
        ready, _, _ = select.select([sys.stdin, bell.fd], [], [], _TICK_S)
        if sys.stdin in ready:
            break
        bell.silence()
        _bound(log)
    _shut_down(postgres)
    return 0 if postgres.returncode == 0 else 1


class _Bell:
    """A pipe that becomes readable when a signal arrives, so that `select` wakes up at once."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.told_to_stop = False

    def silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.fd, 512)


def _ring_on_signals() -> _Bell:
    """Wake up when Postgres ends, stop on SIGTERM, and leave the terminal's signals to the starting process."""
    receiver, sender = os.pipe()
    os.set_blocking(receiver, False)
    os.set_blocking(sender, False)
    signal.set_wakeup_fd(sender)
    bell = _Bell(receiver)

    def note(number: int, _frame: object) -> None:
        bell.told_to_stop = bell.told_to_stop or number == signal.SIGTERM

    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    return bell


def _read_orders() -> dict[str, Any]:
    """Read the first line of the lifeline, and nothing beyond it."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            raise SystemExit(1)  # the starting process ended before it gave its orders
        line += byte
    orders: dict[str, Any] = json.loads(line)
    return orders


def _take(lock: int) -> bool:
    """Take the lock that says the server is alive; whoever asks for its state holds it for a moment."""
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        else:
            return True
    return False


def _tie_to_keeper() -> Callable[[], None] | None:
    """Return what makes Linux shut Postgres down when this process dies, to be called in the new process."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    keeper = os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != keeper:
            os._exit(1)  # it died before the request was made

    return tie


def _bound(log: Path) -> None:
    """Keep the log small: its content becomes `.1`, and Postgres, which appends, goes on at its beginning."""
    with contextlib.suppress(OSError):  # a full disk must not end the database's keeper
        found = log.stat()
        if found.st_size > LOG_BYTES_MAX:
            older = log.with_name(f"{log.name}.1")
            shutil.copyfile(log, older)
            older.chmod(0o600)
            os.chown(older, found.st_uid, found.st_gid)
            os.truncate(log, 0)


def _shut_down(postgres: subprocess.Popen[bytes]) -> None:
    """Ask for a fast shutdown; if that does not help, insist."""
    for request, patience_s in _STOP_STEPS:
        if postgres.poll() is None:
            postgres.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                postgres.wait(patience_s)


if __name__ == "__main__":
    sys.exit(main())
