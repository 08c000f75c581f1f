"""Making a data folder, and the command that runs a server on it."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from payments_service.storage.embedded.area import Area
from payments_service.storage.embedded.binaries import MAJOR_VERSION, Binaries
from payments_service.storage.embedded.errors import EmbeddedPostgresError, process_failure
from payments_service.storage.embedded.privileges import Account, run_as

HOST = "127.0.0.1"
SUPERUSER = "postgres"

# Given on the command line at every start, so that an older data folder gets them too.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    # No socket files: their paths are limited to about 100 characters, and a folder may be deeper.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    # Money: a commit that was answered is on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A developer's machine: several service processes with their pools, little memory, a solid state disk.
    "max_connections": "200",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # The log goes to the file that the keeper opened. Statements and row values stay out of it: they are personal data.
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}

# For data that is thrown away anyway: tests.
_THROWAWAY_SETTINGS: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def ensure_cluster(area: Area, binaries: Binaries, account: Account | None, *, durable: bool, start_lock: int) -> None:
    """Make the data folder unless there is one of this major version. The caller holds the start lock.

    initdb works in a folder of another name, renamed when it has succeeded: a half-made one is never taken for data.

    Args:
        area: Where.
        binaries: Programs that the account can run.
        account: The user that Postgres runs as, None for the current one.
        durable: Whether the files must be on disk before this returns.
        start_lock: The open start lock. initdb inherits it, so that if this process is killed, whoever starts next
            waits until initdb has ended too.

    Raises:
        EmbeddedPostgresError: The data folder is of another version, or initdb failed.
    """
    if area.data.exists():
        _check_version(area.data)
        return
    for unfinished in area.folder.glob("data.unfinished-*"):
        shutil.rmtree(unfinished)
    if not area.password.exists():
        area.write_private(area.password, secrets.token_urlsafe(32), account)
    unfinished = area.folder / f"data.unfinished-{secrets.token_hex(4)}"
    unfinished.mkdir(mode=0o700)
    if account is not None:
        account.own(unfinished)
    command: list[str | Path] = [
        *(binaries.initdb, "--pgdata", unfinished, "--username", SUPERUSER),
        *("--auth", "scram-sha-256", "--pwfile", area.password),
        # The same order on every machine, and upper and lower case beyond ASCII.
        *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        "--no-instructions",
    ]
    if not durable:
        command.append("--no-sync")
    result = run_as(account, command, keep_open=[start_lock])
    if result.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise process_failure(f"initdb could not make the database in {area.folder}", result.stdout)
    unfinished.rename(area.data)
    if durable:
        _sync_folder(area.folder)


def server_command(
    area: Area, binaries: Binaries, port: int, *, durable: bool, settings: Mapping[str, str]
) -> list[str]:
    """Return the command that runs the server in the foreground."""
    chosen = {**_SETTINGS, **({} if durable else _THROWAWAY_SETTINGS), **settings}
    command = [str(binaries.postgres), "-D", str(area.data), "-p", str(port)]
    for name, value in chosen.items():
        command += ["-c", f"{name}={value}"]
    return command


def _check_version(data: Path) -> None:
    """Raise EmbeddedPostgresError unless the folder holds data of our major version."""
    version = data / "PG_VERSION"
    try:
        found = version.read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"{data} is not a Postgres data folder (it has no PG_VERSION): move it away, and a new database begins."
        ) from None
    if found != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"The data in {data} was made by Postgres {found}, and this program runs Postgres {MAJOR_VERSION}: dump it "
            f"with version {found}, or move it away and a new database begins."
        )


def _sync_folder(folder: Path) -> None:
    """Put a rename on disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
