"""Which user Postgres runs as, and running programs as that user.

Postgres refuses to run as root. An ordinary user runs it as itself. Root runs it as the owner of the data, once there
is data, else as `nobody`: that account exists nearly everywhere and owns nothing, so a fault in the database reaches
nothing else. Where there is no `nobody`, any other account of the passwd database will do; there must be one, because
initdb looks its user up.
"""

import errno
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payments_service.storage.embedded.errors import EmbeddedPostgresError

# Nothing of the caller's environment (PGDATA, PGPORT, LC_ALL, …) may change what Postgres does.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that root hands the database to."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Hand over a file or folder that this program has just made."""
        os.chown(path, self.uid, self.gid)


def choose_account(data: Path) -> Account | None:
    """Return the account that Postgres runs as, or None if that is simply the current user.

    Args:
        data: The data folder; if it exists, its owner is the account.

    Raises:
        EmbeddedPostgresError: Running as root, and there is no other account.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not others:
        raise EmbeddedPostgresError(
            "Postgres refuses to run as root, and /etc/passwd has no other user to run it as: add one "
            "(`useradd --system payments`), or set PAYMENTS_DATABASE_URL to a Postgres of your own."
        )
    chosen = next((entry for entry in others if entry.pw_name == "nobody"), others[0])
    return Account(chosen.pw_uid, chosen.pw_gid)


def popen_options(account: Account | None) -> dict[str, Any]:
    """Return what `subprocess` needs to run a program as the account, without root's groups."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def run_as(
    account: Account | None, command: Sequence[str | Path], *, keep_open: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the account; its output and errors are in `stdout`.

    Raises:
        EmbeddedPostgresError: This process may not change its user (root without the right to, as in some containers).
    """
    try:
        return subprocess.run(  # noqa: S603 - programs and arguments of this package's own
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=keep_open,
            text=True,
            errors="replace",
            check=False,
            **popen_options(account),
        )
    except OSError as error:
        # setuid and setgroups fail with these two; a program that may not be executed fails with EACCES.
        if account is not None and error.errno in {errno.EPERM, errno.EINVAL}:
            raise _cannot_switch(account, error) from None
        raise


def _cannot_switch(account: Account, error: OSError) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"Postgres refuses to run as root, and root here may not run it as user {account.uid} ({error.strerror}): "
        "run as an ordinary user, or set PAYMENTS_DATABASE_URL to a Postgres of your own."
    )


def can_enter(account: Account | None, folder: Path) -> bool:
    """Tell whether the account can enter the folder: tried for real, so mode bits, ACLs and mounts all count."""
    return run_as(account, ["/bin/sh", "-c", 'cd -- "$0"', folder]).returncode == 0


def why_not_runnable(account: Account | None, program: Path) -> str | None:
    """Return why the account cannot run the program, None if it can, found by running `program --version`."""
    try:
        result = run_as(account, [program, "--version"])
    except OSError as error:  # not reachable, not executable, mounted noexec, another processor's
        return str(error)
    return None if result.returncode == 0 else result.stdout
