"""The programs as a user starts them: console scripts with environment variables, in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 90.0
_PREFIXES = ("PAYMENTS_", "GATEWAY_", "SANDBOX_")


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment of this process without any setting of ours, and with those that are given."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES)} | variables


def run(*command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a console script to its end."""
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Program:
    """A running program that says on one line of JSON when it is ready."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        # Files, not pipes: nobody would read on, and a program that logs much would stop at a full pipe.
        self._output = log.with_suffix(".out")
        with log.open("ab") as errors, self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                env=dict(environment),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready(self) -> dict[str, Any]:
        """What it says once it is ready."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while b"\n" not in (output := self._output.read_bytes()):
            alive = self._process.poll() is None and time.monotonic() < deadline
            assert alive, f"{self._log.stem} is not ready: {self.log()}"
            time.sleep(0.01)
        said: dict[str, Any] = json.loads(output.splitlines()[0])
        assert said["event"] == "ready"
        return said

    def log(self) -> str:
        return self._log.read_text()

    def output(self) -> str:
        return self._output.read_text()

    def kill(self) -> None:
        self._process.kill()
        self._close()

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._close()

    def ended(self) -> int:
        """Wait until it has ended by itself, and give its exit code."""
        return self._close()

    def _close(self) -> int:
        try:
            return self._process.wait(PATIENCE_SECONDS)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()


class Family:
    """A process and all that it has started, so that a test can tell whether any of them is left."""

    def __init__(self, pid: int) -> None:
        self._root = pid
        self._seen: dict[int, str] = {}

    def look(self) -> int:
        """Note who belongs to it now; gives how many were ever seen."""
        processes = _processes()
        parents = {pid: parent for pid, (parent, _) in processes.items()}
        for pid, (_, command) in processes.items():
            ancestor: int | None = pid
            while ancestor is not None and ancestor not in {self._root, *self._seen}:
                ancestor = parents.get(ancestor)
            if ancestor is not None:
                self._seen[pid] = command
        return len(self._seen)

    def pid_of(self, part: str) -> int:
        """The process whose command has this in it."""
        [pid] = [pid for pid, command in self._seen.items() if part in command]
        return pid

    def left(self) -> list[str]:
        """Who is still there. A process id that was given to another program since does not count."""
        processes = _processes()
        return [command for pid, command in self._seen.items() if pid in processes and processes[pid][1] == command]

    def wait_until_gone(self, seconds: float) -> list[str]:
        """Wait for all to be gone; gives those that are not."""
        deadline = time.monotonic() + seconds
        while (left := self.left()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return left


def _processes() -> dict[int, tuple[int, str]]:
    """Parent and command of every living process; not of zombies, which nobody has waited for yet."""
    if Path("/proc/self/stat").exists():
        return dict(found for path in Path("/proc").glob("[0-9]*") if (found := _from_proc(path)))
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return {int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) == 4 and not row[2].startswith("Z")}


def _from_proc(path: Path) -> tuple[int, tuple[int, str]] | None:
    try:
        state, parent = (path / "stat").read_text().rpartition(")")[2].split()[:2]
        command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return None if state == "Z" else (int(path.name), (int(parent), command))
