"""However the process that started the server ends, no process is left, and the data is there at the next start."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from payments_service.storage.embedded import EmbeddedPostgres

MakeServer = Callable[..., EmbeddedPostgres]
Check = Callable[[Path], None]


RunStarter = Callable[[str], Any]  # gives the Starter of conftest.py

WAIT = "sys.stdin.read()"


def write_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def read_the_row(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
        assert row is not None
        return row[0]


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("server.stop()", 0),
        ("pass", 0),
        ("sys.exit(3)", 3),
        ("raise RuntimeError", 1),
        ("os._exit(4)", 4),
        ("os.execv('/bin/sh', ['sh', '-c', 'exit 5'])", 5),
    ],
)
def test_a_program_that_ends_leaves_nothing(
    run_starter: RunStarter, expect_nothing_left: Check, place: Path, then: str, code: int
) -> None:
    starter = run_starter(f"sys.stderr = open(os.devnull, 'w'); {then}")

    assert starter.process.wait(20) == code
    expect_nothing_left(place)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_killed_program_leaves_nothing(
    run_starter: RunStarter, expect_nothing_left: Check, place: Path, number: signal.Signals
) -> None:
    starter = run_starter(WAIT)

    os.kill(starter.process.pid, number)

    assert starter.process.wait(20) == -number
    expect_nothing_left(place)


def test_ctrl_c_reaches_the_program_but_not_the_server(run_starter: RunStarter, expect_nothing_left: Check) -> None:
    # The terminal signals the whole process group; the program may still use the database to finish its work.
    starter = run_starter(
        "import psycopg\n"
        "try:\n"
        "    print('waiting', flush=True)\n"
        "    sys.stdin.read()\n"
        "except KeyboardInterrupt:\n"
        "    psycopg.connect(address.url()).execute('SELECT 1')\n"
        "    server.stop()\n"
        "    sys.exit(7)"
    )

    assert starter.process.stdout.readline() == "waiting\n"

    os.killpg(starter.process.pid, signal.SIGINT)

    assert starter.process.wait(20) == 7
    expect_nothing_left(starter.place)


def test_the_next_start_after_a_kill_finds_the_data(run_starter: RunStarter, make_server: MakeServer) -> None:
    starter = run_starter(WAIT)
    write_a_row(starter.url)
    starter.kill()

    server = make_server()
    server.start()  # at once, while the old one may still be shutting down

    assert read_the_row(server.postgres_url()) == 42
    assert server.started_here


def test_without_its_keeper_the_server_ends_and_can_be_started_again(
    run_starter: RunStarter, make_server: MakeServer, expect_nothing_left: Check, place: Path
) -> None:
    starter = run_starter(WAIT)
    write_a_row(starter.url)

    os.kill(starter.keeper_id, signal.SIGKILL)
    if sys.platform == "linux":  # elsewhere only the next start notices
        expect_nothing_left(place)
        with make_server() as server:  # although the program that started the first one still lives
            assert read_the_row(server.postgres_url()) == 42
            assert server.started_here


@pytest.mark.parametrize("first", ["keeper", "program"])
def test_with_both_killed_nothing_stays_behind(
    run_starter: RunStarter, make_server: MakeServer, expect_nothing_left: Check, place: Path, first: str
) -> None:
    starter = run_starter(WAIT)
    write_a_row(starter.url)
    victims = [starter.keeper_id, starter.process.pid]

    for victim in victims if first == "keeper" else reversed(victims):
        os.kill(victim, signal.SIGKILL)
    starter.process.wait(20)
    if sys.platform == "linux":
        expect_nothing_left(place)

    with make_server() as server:
        assert read_the_row(server.postgres_url()) == 42


def test_a_keeper_that_is_told_to_end_shuts_the_server_down(
    run_starter: RunStarter, expect_nothing_left: Check, place: Path
) -> None:
    starter = run_starter(WAIT)

    os.kill(starter.keeper_id, signal.SIGTERM)

    expect_nothing_left(place)


def test_a_server_that_dies_is_started_again_with_its_data(make_server: MakeServer, place: Path) -> None:
    server = make_server(durable=True)
    write_a_row(server.start().url())
    postmaster = int((place / "data" / "postmaster.pid").read_text().split()[0])

    os.kill(postmaster, signal.SIGKILL)
    again = server.start()

    assert read_the_row(again.url()) == 42
    assert server.started_here
