"""What a crash left behind, and what cannot be recovered from."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from payments_service.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from payments_service.storage.embedded.area import find_area
from payments_service.storage.embedded.binaries import Binaries, expose_binaries, locate_binaries
from payments_service.storage.embedded.cluster import server_command
from payments_service.storage.embedded.locks import open_lock, try_lock
from payments_service.storage.embedded.postmaster import read_postmaster
from payments_service.storage.embedded.privileges import ENVIRONMENT, choose_account, popen_options

MakeServer = Callable[..., EmbeddedPostgres]
Eventually = Callable[[Callable[[], bool], str], None]


def works(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(server.postgres_url()) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def made(make_server: MakeServer) -> EmbeddedPostgres:
    """A server that has run and was stopped."""
    server = make_server()
    server.start()
    server.stop()
    return server


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def pid_file(data: Path, pid: int, port: int) -> str:
    return f"{pid}\n{data}\n1700000000\n{port}\n\n127.0.0.1\n  5432001     32768\nready   \n"


def test_a_process_id_that_now_belongs_to_another_program_is_no_server(
    made: EmbeddedPostgres, place: Path, taken_port: int
) -> None:
    stale = place / "data" / "postmaster.pid"
    stale.write_text(pid_file(place / "data", os.getpid(), taken_port))
    os.chown(stale, (place / "data").stat().st_uid, -1)

    made.start()

    assert works(made)
    assert made.started_here


def test_a_copied_folder_is_not_mistaken_for_the_original_that_runs(
    make_server: MakeServer, place: Path, expect_nothing_left: Callable[[Path], None]
) -> None:
    original = make_server()
    original.start()
    copied_place = place.with_name("copied")
    subprocess.run(["/bin/cp", "-a", place, copied_place], check=True)

    with EmbeddedPostgres(copied_place, durable=False) as copy:
        assert copy.address.port != original.address.port
        assert works(original)
        assert works(copy)
    expect_nothing_left(copied_place)


def test_a_half_made_data_folder_is_made_again(make_server: MakeServer, place: Path) -> None:
    half_made = place / "data.unfinished-1234"
    (half_made / "base").mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    place.chmod(0o711)

    server = make_server()
    server.start()

    assert works(server)
    assert not half_made.exists()


def test_a_foreign_server_on_the_folder_is_used_and_left_alone(made: EmbeddedPostgres, make_server: MakeServer) -> None:
    # Whoever debugs may run `postgres -D …` by hand; here another object of ours plays that part, its locks removed.
    made.start()
    for name in ("alive.lock", "owner.lock"):
        (made.folder / name).unlink()
    second = make_server()

    assert second.start() == made.address
    assert not second.started_here


def test_a_server_that_lost_keeper_and_program_is_stopped_and_replaced(
    made: EmbeddedPostgres, place: Path, eventually: Eventually
) -> None:
    # What a kill -9 of both leaves where the system cannot tie Postgres to its keeper: nobody holds the owner's lock.
    area = find_area(place)
    account = choose_account(area.data)
    binaries = expose_binaries(locate_binaries(), account, area.folder)
    alive_lock = open_lock(area.alive_lock)
    assert try_lock(alive_lock)
    orphan = subprocess.Popen(
        server_command(area, binaries, int(area.port.read_text()), durable=False, settings={}),
        stderr=subprocess.DEVNULL,
        pass_fds=[alive_lock],
        env=ENVIRONMENT,
        cwd="/",
        **popen_options(account),
    )
    os.close(alive_lock)
    eventually(lambda: (found := read_postmaster(area.data)) is not None and found.ready, "the orphan is ready")

    made.start()

    assert orphan.wait(20) == 0
    assert made.started_here
    assert works(made)


def test_a_program_killed_while_it_makes_the_data_folder_does_not_disturb_the_next(
    place: Path, make_server: MakeServer, eventually: Eventually
) -> None:
    program = "import sys, pathlib; from payments_service.storage.embedded import EmbeddedPostgres; "
    start = "EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()"
    with subprocess.Popen([sys.executable, "-c", program + start, str(place)]) as killed:
        eventually(lambda: any(place.glob("data.unfinished-*/base")), "initdb is at work")
        killed.kill()

    server = make_server()
    server.start()

    assert works(server)
    assert not list(place.glob("data.unfinished-*"))


def test_data_of_another_major_version_is_refused_in_one_line(made: EmbeddedPostgres, place: Path) -> None:
    (place / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedPostgresError, match=r"was made by Postgres 17.*runs Postgres 18") as caught:
        made.start()
    assert "\n" not in str(caught.value)


def test_a_data_folder_of_something_else_is_refused(made: EmbeddedPostgres, place: Path) -> None:
    (place / "data" / "PG_VERSION").unlink()

    with pytest.raises(EmbeddedPostgresError, match="not a Postgres data folder"):
        made.start()


def test_a_requested_port_that_is_taken_is_named(make_server: MakeServer, taken_port: int) -> None:
    with pytest.raises(EmbeddedPostgresError, match=f"Port {taken_port} .* is taken"):
        make_server(port=taken_port).start()


def test_the_last_port_is_given_up_if_another_program_has_it(
    made: EmbeddedPostgres, place: Path, taken_port: int
) -> None:
    (place / "port").write_text(str(taken_port))

    made.start()

    assert works(made)
    assert made.address.port != taken_port


def test_a_bad_setting_is_explained_with_the_log(make_server: MakeServer, place: Path) -> None:
    with pytest.raises(EmbeddedPostgresError) as caught:
        make_server(settings={"work_mem": "lots"}).start()

    message = str(caught.value)
    assert 'invalid value for parameter "work_mem": "lots"' in message
    assert f"log: {place / 'postgres.log'}" in message
    assert "Correct the setting" in message


def test_damaged_data_is_explained(made: EmbeddedPostgres, place: Path) -> None:
    (place / "data" / "global" / "pg_control").unlink()

    with pytest.raises(EmbeddedPostgresError, match="pg_control") as caught:
        made.start()
    assert "PAYMENTS_DATABASE_URL" in str(caught.value)


def test_missing_programs_are_named(make_server: MakeServer, folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="has no postgres for this platform"):
        make_server(binaries=Binaries(folder)).start()


def test_programs_that_do_not_run_here_are_explained(make_server: MakeServer, folder: Path) -> None:
    binaries = Binaries(folder / "site")
    for program in (binaries.postgres, binaries.initdb):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\necho 'error while loading shared libraries: libz.so.1' >&2\nexit 127\n")
        program.chmod(0o755)

    with pytest.raises(EmbeddedPostgresError, match=r"libz\.so\.1\n.*does not run on this platform"):
        make_server(binaries=binaries).start()


def test_a_place_below_a_file_is_named(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(EmbeddedPostgresError, match=r"cannot use .*file"):
        EmbeddedPostgres(folder / "file" / "postgres").start()


def test_a_lost_password_is_explained(made: EmbeddedPostgres, place: Path) -> None:
    (place / "password").unlink()

    with pytest.raises(EmbeddedPostgresError, match="password"):
        made.start()


def test_a_log_that_grows_is_cut(make_server: MakeServer, place: Path, eventually: Eventually) -> None:
    server = make_server()
    place.mkdir(parents=True)
    place.chmod(0o711)
    (place / "postgres.log").write_bytes(b"x" * (5 * 1024 * 1024))

    server.start()
    eventually((place / "postgres.log.1").exists, "the keeper has put the long log aside")
    server.stop()

    assert (place / "postgres.log").stat().st_size < 100_000
    assert "database system is shut down" in (place / "postgres.log").read_text()


def test_a_folder_that_was_removed_begins_anew(made: EmbeddedPostgres, place: Path) -> None:
    shutil.rmtree(place)

    made.start()

    assert works(made)
