"""What a benchmark runs on: without it figures say nothing."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import grpc
import psutil
import psycopg

_SYNCS = 50
_PAGE = b"\0" * 8192


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, and the versions that matter.

    Attributes:
        processor: its name and how many of it there are.
        memory_gib: of all.
        system: kernel or release.
        python: version.
        grpcio: version.
        psycopg: version.
        sync_ms: median time to put one page on the disk that the database is on: what a commit costs at least.
    """

    processor: str
    memory_gib: float
    system: str
    python: str
    grpcio: str
    psycopg: str
    sync_ms: float

    def __str__(self) -> str:
        return (
            f"{self.processor}, {self.memory_gib:.0f} GiB, {self.system}; Python {self.python}, grpcio {self.grpcio}, "
            f"psycopg {self.psycopg}; a page is on disk in {self.sync_ms:.2f} ms"
        )


def describe(folder: Path) -> Machine:
    """This machine, with the disk of a folder."""
    return Machine(
        processor=f"{os.cpu_count()} of {_processor()}",
        memory_gib=psutil.virtual_memory().total / 2**30,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        grpcio=grpc.__version__,
        psycopg=psycopg.__version__,
        sync_ms=_sync_ms(folder),
    )


def load() -> float:
    """The load average over a minute: how many processes want to run, those of this benchmark included."""
    return os.getloadavg()[0]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        return names[0].partition(":")[2].strip() if names else platform.machine()
    said = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or platform.machine()


def _sync_ms(folder: Path) -> float:
    """How long a page takes to the disk; on a disk in memory nothing, and then commits cost nothing either."""
    path = folder / "sync"
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.seek(0)
            file.write(_PAGE)
            started = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - started)
    path.unlink()
    return median(took) * 1000
