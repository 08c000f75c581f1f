"""Starting a server under a keeper, and ending it by letting go of the keeper's lifeline."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from payments_service.storage.embedded.area import Area
from payments_service.storage.embedded.cluster import HOST
from payments_service.storage.embedded.errors import EmbeddedPostgresError, process_failure, read_log_from
from payments_service.storage.embedded.locks import open_lock, try_lock
from payments_service.storage.embedded.postmaster import read_postmaster
from payments_service.storage.embedded.privileges import ENVIRONMENT, Account, popen_options

_KEEPER = Path(__file__).with_name("keeper.py")
_POLL_S = 0.005
# Longer than all the keeper's own steps together.
_STOP_TIMEOUT_S = 30.0


class PortTakenError(Exception):
    """Another program took the port between choosing it and listening on it."""


class Launch:
    """A server that this process started: its keeper, the lifeline to it, and the lock that says we live."""

    def __init__(self, area: Area, command: list[str], account: Account | None) -> None:
        self._area = area
        self._log_offset = area.log.stat().st_size if area.log.exists() else 0
        for path in (area.log, area.alive_lock):
            os.close(open_lock(path))  # made by us, so that they belong to the owner of the area
        self._owner_lock = _claim(area.owner_lock)
        try:
            self._keeper = _start_keeper(area)
        except OSError:
            os.close(self._owner_lock)
            raise
        orders = {
            "command": command,
            "environment": ENVIRONMENT,
            "identity": popen_options(account),
            "alive_lock": str(area.alive_lock),
            "log": str(area.log),
        }
        with contextlib.suppress(BrokenPipeError):  # it is dead already; wait_until_ready tells why
            self._lifeline.write(json.dumps(orders).encode() + b"\n")
            self._lifeline.flush()

    @property
    def running(self) -> bool:
        """Whether the keeper, and so the server, still runs."""
        return self._keeper.poll() is None

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until the server accepts connections.

        Raises:
            PortTakenError: It ended because its port is in use.
            EmbeddedPostgresError: It ended, or is not ready after `timeout_s` seconds.
        """
        deadline = time.monotonic() + timeout_s
        while self.running:
            postmaster = read_postmaster(self._area.data)
            if postmaster is not None and postmaster.ready:
                return
            if time.monotonic() > deadline:
                raise self._failure(f"Postgres was not ready after {timeout_s:.0f} s")
            time.sleep(_POLL_S)
        if "Address already in use" in self._output():
            raise PortTakenError
        raise self._failure("Postgres ended while it was starting")

    def stop(self) -> None:
        """Shut the server down and wait until it is gone.

        Raises:
            EmbeddedPostgresError: It is still there after all that can be done.
        """
        with contextlib.suppress(BrokenPipeError):
            self._lifeline.close()
        try:
            self._keeper.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise self._failure(f"Postgres did not stop within {_STOP_TIMEOUT_S:.0f} s") from None
        finally:
            os.close(self._owner_lock)

    def forget(self) -> None:
        """Let go of it in a forked child, which did not start the server and must not wait for its keeper."""
        self._lifeline.close()
        os.close(self._owner_lock)
        self._keeper.returncode = 0  # or its __del__ would complain about a child that is not ours

    @property
    def _lifeline(self) -> IO[bytes]:
        if self._keeper.stdin is None:
            raise RuntimeError("the keeper was started without a pipe")
        return self._keeper.stdin

    def _output(self) -> str:
        return read_log_from(self._area.log, self._log_offset)

    def _failure(self, what: str) -> EmbeddedPostgresError:
        return process_failure(what, self._output(), self._area.log)


def _start_keeper(area: Area) -> subprocess.Popen[bytes]:
    """Start the keeper in a session of its own; it waits for its orders."""
    with area.log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - this interpreter and a file of this package
            [sys.executable, "-I", "-S", str(_KEEPER), str(area.folder)],  # the folder is for whoever reads `ps`
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )


def choose_port(requested: int | None, remembered: Path) -> int:
    """Return the port to listen on: the requested one, else that of the last start if it is free, else any free one.

    Raises:
        EmbeddedPostgresError: The requested port is taken.
    """
    if requested is not None:
        if not _is_free(requested):
            raise EmbeddedPostgresError(
                f"Port {requested} on {HOST} is taken by another program: stop that program, or choose another port."
            )
        return requested
    with contextlib.suppress(FileNotFoundError, ValueError):
        last = int(remembered.read_text())
        if _is_free(last):
            return last
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Postgres does: connections of the last server that are still fading away do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _claim(path: Path) -> int:
    """Take the owner's lock on a new file: a former owner may live on, holding the old one, after its server died."""
    path.unlink(missing_ok=True)
    fd = open_lock(path)
    if not try_lock(fd):
        os.close(fd)
        raise RuntimeError(f"{path} was locked by another process, although the start lock is held")
    return fd
