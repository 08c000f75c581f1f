"""Benchmarks as they are started: to their end, and to a Ctrl-C in the middle."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.e2e.programs import Family, clean_environment

TINY = ("--quick", "--rounds", "1", "--seconds", "0.3", "--scale", "0.02")
PATIENCE_SECONDS = 120.0


def start(folder: Path, name: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}", *options],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_benchmark_reports_with_right_books_and_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "balance_at", *TINY, "--json")
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, errors
    [document] = json.loads(output)
    report = document["report"]
    assert [row["name"] for row in report["rows"]][:2] == [
        "at a record time, 20 entries",
        "at a record time, 200 entries",
    ]
    assert all(row["summary"]["median"] > 0 for row in report["rows"])
    assert report["books"]["problems"] == []
    assert len(report["books"]["checked"]) == 2
    assert list((tmp_path / ".payments" / "bench").iterdir()) == []


def test_a_ctrl_c_ends_it_and_all_that_it_has_started(tmp_path: Path) -> None:
    process = start(tmp_path, "get_balance", *TINY, "--seconds", "30")
    assert process.stderr is not None
    family = Family(process.pid)
    killer = threading.Timer(PATIENCE_SECONDS, process.kill)
    killer.start()
    try:
        for line in process.stderr:
            if line.startswith("round 1 of 1"):
                break
        # Itself, Postgres with its keeper, three servers of two processes each, two clients.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while family.look() < 10 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        killer.cancel()
        process.kill()
    assert process.returncode == 130, errors
    assert "interrupted; everything that was started has been stopped" in errors
    assert family.wait_until_gone(5.0) == []
    assert list((tmp_path / ".payments" / "bench").iterdir()) == []


def test_an_unknown_benchmark_is_refused_with_the_names_of_those_there_are(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nonsense"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no benchmark nonsense: choose from get_balance, " in done.stderr
