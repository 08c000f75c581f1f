"""`payments serve`, `payments worker` and `payments migrate` as processes, on an embedded Postgres or a given one."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.payments_service.cli.commands import PATIENCE_SECONDS, PAYMENTS, environment, payments

LONG_ENOUGH_TO_STOP_SECONDS = 0.7
"""An idle process that is told to stop has ended by then."""

SETTINGS = {
    "PAYMENTS_STRIPE_API_BASE": "http://127.0.0.1:1",
    "PAYMENTS_STRIPE_ATTEMPTS_MAX": "1",
    "PAYMENTS_GRPC_ADDRESS": "127.0.0.1:0",
    "PAYMENTS_METRICS_ADDRESS": "127.0.0.1:0",
    "PAYMENTS_WORKER_METRICS_ADDRESS": "127.0.0.1:0",
}


@contextmanager
def started(
    command: list[str], folder: Path, lifeline: int | None = None, /, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """Run a command; gives the process and what it said when it was ready."""
    inherited = () if lifeline is None else (lifeline,)
    if lifeline is not None:
        variables["PAYMENTS_LIFELINE_FD"] = str(lifeline)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*PAYMENTS, *command],
            cwd=folder,
            env=environment(**SETTINGS | variables),
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=inherited,
        )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (folder / "log").read_text()
            said = json.loads(line)
            assert said["event"] == "ready"
            yield process, said
        finally:
            process.kill()


@pytest.mark.parametrize("command", [["serve"], ["serve", "--processes", "2"], ["worker"]])
def test_it_ends_with_the_process_that_holds_its_lifeline(
    command: list[str], tmp_path: Path, database_url: str
) -> None:
    reader, writer = os.pipe()
    with started(command, tmp_path, reader, PAYMENTS_DATABASE_URL=database_url) as (process, _):
        # A sibling that holds the same pipe does as it likes with it.
        os.set_blocking(reader, False)
        os.write(writer, b"!")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(LONG_ENOUGH_TO_STOP_SECONDS)
        os.close(reader)
        os.close(writer)
        assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_with_0_when_it_is_asked_to(number: signal.Signals, tmp_path: Path, database_url: str) -> None:
    with started(["worker"], tmp_path, PAYMENTS_DATABASE_URL=database_url) as (process, _):
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_the_worker_shows_its_metrics(tmp_path: Path, database_url: str) -> None:
    with started(["worker"], tmp_path, PAYMENTS_DATABASE_URL=database_url) as (_, said):
        address = said["metrics_address"]
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE_SECONDS) as response:
            text = response.read().decode()
    assert "# TYPE payments_worker_rounds_total counter" in text


def test_a_taken_metrics_address_of_the_worker_is_named(tmp_path: Path, database_url: str) -> None:
    with started(["worker"], tmp_path, PAYMENTS_DATABASE_URL=database_url) as (_, said):
        taken = {"PAYMENTS_WORKER_METRICS_ADDRESS": said["metrics_address"], "PAYMENTS_DATABASE_URL": database_url}
        other = payments("worker", folder=tmp_path, **SETTINGS | taken)
    assert other.returncode == 2
    assert "payments: PAYMENTS_WORKER_METRICS_ADDRESS: cannot listen on" in other.stderr


def test_without_a_database_server_worker_and_migrate_share_the_embedded_one(tmp_path: Path) -> None:
    assert payments("migrate", folder=tmp_path).stdout.startswith("database payments: from empty to ")
    with started(["serve"], tmp_path) as (server, said), started(["worker"], tmp_path) as (worker, _):
        assert not said["address"].endswith(":0")
        assert payments("migrate", folder=tmp_path).stdout.endswith(" already\n")
        for process in (worker, server):
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0
    assert not (tmp_path / ".payments" / "postgres" / "data" / "postmaster.pid").exists()


def test_migrate_says_from_which_revision_to_which(tmp_path: Path, empty_database_url: str) -> None:
    variables = {"PAYMENTS_DATABASE_URL": empty_database_url}
    first = payments("migrate", folder=tmp_path, **variables)
    again = payments("migrate", folder=tmp_path, **variables)
    assert (first.returncode, again.returncode) == (0, 0)
    name = empty_database_url.rpartition("/")[2]
    revision = again.stdout.strip().removeprefix(f"database {name} is at ").removesuffix(" already")
    assert first.stdout.strip() == f"database {name}: from empty to {revision}"
    assert not (tmp_path / ".payments").exists()
