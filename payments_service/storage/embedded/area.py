"""The folder of one embedded Postgres: what lies in it, and where it is.

    .payments/postgres/        the area
        data/                  Postgres' own data folder
        password  port         the superuser's password (0600), the port of the last start
        postgres.log  .log.1   bounded in size
        start.lock             held while somebody starts
        owner.lock             held by the process that started the server, as long as it lives
        alive.lock             held by the server itself, as long as any process of it lives
        programs-…/            a copy of the programs, if the account cannot run the installed ones

When root works in a folder that other users cannot enter (a clone below /root), the account that Postgres runs as
could not reach the area. The area then lies below /var/lib/payments-service, under a new name, and `.payments/postgres`
is a symbolic link to it. No folder that this program did not make is changed.
"""

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from payments_service.storage.embedded.errors import EmbeddedPostgresError
from payments_service.storage.embedded.privileges import Account, can_enter

# Where only root can write and nothing is swept (Linux, macOS); then, for a read-only root file system, what is left.
OUTSIDE_FOLDERS = (Path("/var/lib"), Path("/var/db"), Path("/var/tmp"), Path(tempfile.gettempdir()))  # noqa: S108 - what is found there is checked, see _make_outside_base

_OUTSIDE_NAME = "payments-service"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Area:
    """The paths of one embedded Postgres. `folder` is absolute and free of symbolic links."""

    folder: Path

    @property
    def data(self) -> Path:
        """Postgres' data folder."""
        return self.folder / "data"

    @property
    def password(self) -> Path:
        """The superuser's password, readable by its user only."""
        return self.folder / "password"

    @property
    def port(self) -> Path:
        """The port of the last start, taken again if it is free."""
        return self.folder / "port"

    @property
    def log(self) -> Path:
        """What Postgres writes."""
        return self.folder / "postgres.log"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts the server."""
        return self.folder / "start.lock"

    @property
    def owner_lock(self) -> Path:
        """Held by the process that started the server."""
        return self.folder / "owner.lock"

    @property
    def alive_lock(self) -> Path:
        """Held by the server's processes."""
        return self.folder / "alive.lock"

    @property
    def home(self) -> Path:
        """Only outside: names the link that leads here, to recognise a copied clone."""
        return self.folder / "home"

    def write_private(self, path: Path, text: str, account: Account | None = None) -> None:
        """Write a file that only its owner (the account, else the owner of the area) can read; whole or not at all."""
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(text)
            file.flush()
            if os.geteuid() == 0:
                area = self.folder.stat()
                os.fchown(fd, account.uid if account else area.st_uid, account.gid if account else area.st_gid)
            os.fsync(fd)
        unfinished.replace(path)


def find_area(place: Path) -> Area:
    """Return the area that belongs to a place, whether or not it exists."""
    return Area(place.resolve())


def make_area(place: Path, account: Account | None, outside: Sequence[Path] = OUTSIDE_FOLDERS) -> Area:
    """Return the area for a place, made if need be.

    Args:
        place: Where the area should be (`.payments/postgres`).
        account: The user that Postgres runs as, None for the current one.
        outside: The folders to try when the account cannot enter `place`.

    Raises:
        EmbeddedPostgresError: The area belongs to another user or another clone, or no place can be used.
        OSError: A folder cannot be made.
    """
    place = place.absolute()
    if not place.exists() and not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        if can_enter(account, place.parent):
            _make_folder(place, 0o700 if account is None else 0o711)
        else:
            _make_linked(place, account, outside)
    if place.is_symlink() and account is not None:
        _check_linked(place)
    area = find_area(place)
    if not area.folder.is_dir():
        raise EmbeddedPostgresError(f"{place} is not a folder: remove it, and a new database begins empty.")
    if account is None and area.folder.stat().st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{area.folder} belongs to user {area.folder.stat().st_uid}, this is user {os.geteuid()}: run as that user,"
            f" or remove {place} (its data too) and a new database begins empty."
        )
    return area


def remove_area(place: Path) -> None:
    """Remove an area with all its data, and the link to it. Nobody may be using it."""
    area = find_area(place)
    if area.folder.exists():
        shutil.rmtree(area.folder)
    if place.is_symlink():
        place.unlink()


def _make_folder(path: Path, mode: int) -> None:
    """Make a folder of exactly this mode; two who make it at once agree."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        return
    path.chmod(mode)  # mkdir's mode went through the umask


def _make_linked(place: Path, account: Account | None, outside: Sequence[Path]) -> None:
    """Make the area outside, under a name that nobody could know before, and link to it."""
    base = next((base for folder in outside if (base := _make_outside_base(folder, account)) is not None), None)
    if base is None:
        raise EmbeddedPostgresError(
            f"Postgres refuses to run as root, and user {account.uid if account else '?'}, which runs it instead, can "
            f"enter neither {place.parent} nor any of {', '.join(map(str, outside))}: put the project into a folder "
            "that others can enter, or set PAYMENTS_DATABASE_URL to a Postgres of your own."
        )
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=base))
    folder.chmod(0o711)
    area = Area(folder)
    area.write_private(area.home, str(place))
    try:
        place.symlink_to(folder)
    except FileExistsError:  # another process was faster; its area is used
        shutil.rmtree(folder)


def _make_outside_base(folder: Path, account: Account | None) -> Path | None:
    """Return the folder for areas below `folder`, or None if it cannot be made or others could tamper with it."""
    base = folder / _OUTSIDE_NAME
    try:
        _make_folder(base, 0o711)
        usable = _is_ours_alone(base) and can_enter(account, base)
    except OSError:
        return None
    return base if usable else None


def _is_ours_alone(folder: Path) -> bool:
    """Tell whether it is a real folder that only root can change."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & _OTHERS_WRITE


def _check_linked(place: Path) -> None:
    """Check the area behind a link: only root may have made it, and it must be this clone's."""
    area = find_area(place)
    if not area.folder.exists():
        raise EmbeddedPostgresError(
            f"{place} leads to {area.folder}, which is gone with its data: remove {place}, and a new database begins."
        )
    if not (_is_ours_alone(area.folder) and _is_ours_alone(area.folder.parent)):
        raise EmbeddedPostgresError(
            f"{place} leads to {area.folder}, which other users can change; root does not use it: "
            f"remove {place}, and a new database begins."
        )
    home = Path(area.home.read_text()) if area.home.exists() else place
    if home == place:
        return
    if home.is_symlink() and home.resolve() == area.folder:
        raise EmbeddedPostgresError(
            f"{place} is a copy of {home} and leads to its database: remove {place}, and a new database begins."
        )
    area.write_private(area.home, str(place))  # the clone was moved
