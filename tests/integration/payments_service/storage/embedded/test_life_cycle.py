"""Starting, using and stopping a server."""

import asyncio
import os
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from payments_service.storage.embedded import EmbeddedPostgres
from payments_service.storage.embedded.area import find_area

MakeServer = Callable[..., EmbeddedPostgres]
RunStarter = Callable[[str], Any]  # gives the Starter of conftest.py


def value(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row[0] if row else None


def test_data_survives_a_restart_on_the_same_port(make_server: MakeServer) -> None:
    server = make_server(durable=True)
    first = server.start()
    with psycopg.connect(first.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()

    second = server.start()

    assert value(second.url(), "SELECT answer FROM kept") == 42
    assert second == first


def test_a_start_is_quick(make_server: MakeServer) -> None:
    server = make_server(durable=True)
    before = time.perf_counter()
    server.start()
    cold_s = time.perf_counter() - before
    server.stop()
    before = time.perf_counter()
    server.start()
    warm_s = time.perf_counter() - before

    # About 0.7 s and 0.1 s on a small machine; the bounds leave room for a busy one.
    assert cold_s < 10
    assert warm_s < cold_s


def test_commits_are_durable_and_times_are_utc(make_server: MakeServer) -> None:
    url = make_server(durable=True).start().url()

    assert [value(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3
    assert value(url, "SHOW timezone") == "UTC"
    assert value(url, "SHOW server_encoding") == "UTF8"
    assert value(url, "SHOW data_checksums") == "on"
    assert value(url, "SELECT lower('ÄÉ') || ('B' < 'a')::text") == "äétrue"
    assert int(str(value(url, "SHOW max_connections"))) >= 200


def test_nobody_gets_in_without_the_password(make_server: MakeServer, place: Path) -> None:
    server = make_server()
    server.start()

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.postgres_url(user="postgres", password="guessed"))
    assert value(server.postgres_url(), "SHOW listen_addresses") == "127.0.0.1"
    assert stat.S_IMODE(find_area(place).password.stat().st_mode) == 0o600


def test_the_log_holds_no_values(make_server: MakeServer, place: Path) -> None:
    url = make_server().start().url()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (email text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES ('jane@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('jane@example.org')")

    written = find_area(place).log.read_text()

    assert "person_pkey" in written
    assert "jane" not in written


def test_starting_again_changes_nothing(make_server: MakeServer) -> None:
    server = make_server()

    assert server.start() == server.start()
    assert server.started_here


def test_a_second_one_is_given_the_running_server_and_does_not_stop_it(make_server: MakeServer) -> None:
    first, second = make_server(), make_server()

    assert first.start() == second.start()
    second.stop()

    assert (first.started_here, second.started_here) == (True, False)
    assert value(first.postgres_url(), "SELECT 1") == 1


def test_another_process_is_given_the_running_server(make_server: MakeServer, run_starter: RunStarter) -> None:
    server = make_server()
    server.start()

    starter = run_starter("server.stop()")

    assert starter.process.wait(20) == 0
    assert (starter.url, starter.started_here) == (server.postgres_url(), False)
    assert value(server.postgres_url(), "SELECT 1") == 1


def test_two_threads_that_start_at_once_share_one_server(make_server: MakeServer) -> None:
    servers = [make_server() for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        addresses = list(pool.map(lambda server: server.start(), servers))

    assert len(set(addresses)) == 1
    assert sum(server.started_here for server in servers) == 1


def test_what_stops_meanwhile_is_started_again(make_server: MakeServer) -> None:
    first, second = make_server(), make_server()
    first.start()

    with ThreadPoolExecutor(2) as pool:
        stopping = pool.submit(first.stop)
        address = pool.submit(second.start).result()
        stopping.result()
    again = second.start()

    assert value(again.url(), "SELECT 1") == 1
    assert again.password == address.password
    assert second.started_here


async def test_the_event_loop_runs_on_while_it_starts(make_server: MakeServer) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    async with make_server() as server:
        ticks_while_starting = ticks
        assert value(server.postgres_url(), "SELECT 1") == 1
    ticking.cancel()

    assert ticks_while_starting > 5


def test_a_path_longer_than_a_socket_name_may_be(folder: Path, expect_nothing_left: Callable[[Path], None]) -> None:
    server = EmbeddedPostgres(folder / ("deep " * 12) / ("down" * 20) / "postgres", durable=False)

    with server:
        assert value(server.postgres_url(), "SELECT 1") == 1
    expect_nothing_left(server.folder)
    server.remove()


def test_a_forked_child_does_not_stop_its_parents_server(make_server: MakeServer) -> None:
    server = make_server()
    server.start()

    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert value(server.postgres_url(), "SELECT 1") == 1


def test_remove_leaves_nothing_of_it(make_server: MakeServer, place: Path) -> None:
    server = make_server()
    server.start()

    server.remove()

    assert list(place.parent.iterdir()) == []
