"""Places for servers, and programs that start one and then end in every way there is."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from payments_service.storage.embedded import EmbeddedPostgres
from payments_service.storage.embedded.area import find_area
from payments_service.storage.embedded.locks import is_locked
from payments_service.storage.embedded.postmaster import read_postmaster

DEADLINE_S = 20.0

# Starts a server, says how to reach it, and then does what the test wants.
PROGRAM = """
import json, os, pathlib, sys
from payments_service.storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
address = server.start()
print(json.dumps({"url": address.url(), "started_here": server.started_here}), flush=True)
exec(sys.argv[2])
"""


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"still not true after {DEADLINE_S} s: {what}"
        time.sleep(0.01)


def processes_naming(place: Path) -> list[str]:
    """The command lines of all processes that name the area: its keeper, its postmaster, a running initdb."""
    folder = str(find_area(place).folder)
    if Path("/proc/self/cmdline").exists():
        lines = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except (FileNotFoundError, ProcessLookupError):
                continue
    else:
        lines = subprocess.run(
            ["/bin/ps", "-A", "-ww", "-o", "command="], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    return [line for line in lines if folder in line and ("keeper.py" in line or "pginstall" in line)]


def parent_and_user(pid: int) -> tuple[int, int]:
    """The parent's process id and the effective user id of a process; a small container has /proc but no `ps`."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(facts["PPid"]), int(facts["Uid"].split()[1])
    listed = subprocess.run(["/bin/ps", "-o", "ppid=,uid=", "-p", str(pid)], check=True, capture_output=True, text=True)
    parent, user = listed.stdout.split()
    return int(parent), int(user)


@dataclass
class Starter:
    """A program that has started a server."""

    place: Path
    process: subprocess.Popen[str]
    url: str
    started_here: bool

    @property
    def postmaster_id(self) -> int:
        found = read_postmaster(find_area(self.place).data)
        assert found is not None
        return found.pid

    @property
    def keeper_id(self) -> int:
        return parent_and_user(self.postmaster_id)[0]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_S)


@pytest.fixture
def user_of() -> Callable[[int], int]:
    """The effective user id of a process."""
    return lambda pid: parent_and_user(pid)[1]


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], str], None]:
    """Wait for a condition, with a deadline."""
    return wait_until


@pytest.fixture
def expect_nothing_left() -> Callable[[Path], None]:
    """Wait until no process of a server is left."""

    def check(place: Path) -> None:
        wait_until(lambda: not is_locked(find_area(place).alive_lock), "every process of the server has ended")
        wait_until(lambda: processes_naming(place) == [], "keeper and postmaster have ended")

    return check


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can enter, as a clone usually is."""
    path = Path(tempfile.mkdtemp(prefix="payments-test-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def place(folder: Path, expect_nothing_left: Callable[[Path], None]) -> Iterator[Path]:
    """Where a server may be started; no process of it may be left when the test ends."""
    path = folder / ".payments" / "postgres"
    yield path
    expect_nothing_left(path)
    EmbeddedPostgres(path).remove()


@pytest.fixture
def make_server(place: Path) -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Make servers on the place (not started) that are stopped when the test ends."""
    made: list[EmbeddedPostgres] = []

    def make(**options: object) -> EmbeddedPostgres:
        server = EmbeddedPostgres(place, **{"durable": False, **options})  # type: ignore[arg-type]  # passed through
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def run_starter(place: Path) -> Iterator[Callable[[str], Starter]]:
    """Run a program that starts a server on the place and then executes the given Python."""
    processes: list[subprocess.Popen[str]] = []

    def run(then: str) -> Starter:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(place), then],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that a test can signal its whole process group, as a terminal does
        )
        processes.append(process)
        assert process.stdout is not None
        return Starter(place, process, **json.loads(process.stdout.readline()))

    yield run
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
