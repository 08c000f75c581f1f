"""File locks (`flock`): they end with the process that holds them, however it ends.

A lock belongs to an open file, not to a process id: it cannot be mistaken after a crash or when ids are reused, it
works between threads, and a child that inherits the open file keeps the lock alive.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_POLL_S = 0.02


def open_lock(path: Path) -> int:
    """Open (and create) a lock file without taking the lock. It belongs to whoever owns its folder."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(fd, folder.st_uid, folder.st_gid)
    return fd


def try_lock(fd: int) -> bool:
    """Take the lock if nobody has it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds the lock."""
    if not path.exists():
        return False
    fd = open_lock(path)
    try:
        # Shared, so that two who ask at once do not take each other for a holder.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextlib.contextmanager
def holding(path: Path, timeout_s: float) -> Iterator[int]:
    """Hold the lock for the length of a `with`; yields the open file, for children that must keep it held.

    Raises:
        TimeoutError: Somebody else held it for `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    fd = open_lock(path)
    try:
        while not try_lock(fd):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} was held by another process for {timeout_s:.0f} s")
            time.sleep(_POLL_S)
        yield fd
    finally:
        os.close(fd)
