"""The one exception of this package, and what its message tells."""

import errno
import re
from pathlib import Path

_TAIL_LINES = 8
_TAIL_BYTES_MAX = 64 * 1024

_USE_ANOTHER = "or set PAYMENTS_DATABASE_URL to a Postgres of your own"

# What Postgres and initdb write, and what helps. The first match wins.
_ADVICE: tuple[tuple[str, str], ...] = (
    (r"No space left on device|could not write .*: Disk quota", "Free some disk space and start again."),
    (r"Address already in use", "Choose another port, or stop the program that listens on it."),
    (
        r"could not look up effective user ID",
        f"Postgres' initdb needs its user in /etc/passwd: add one (`useradd --system payments`), {_USE_ANOTHER}.",
    ),
    (
        r"lock file .* already exists|shared memory block .* still in use",
        "Another Postgres, not started by this program, uses this data folder: stop it first.",
    ),
    (
        r"error while loading shared libraries|Library not loaded|Exec format error|not found \(required by",
        f"The packaged Postgres does not run on this platform: install what it misses, {_USE_ANOTHER}.",
    ),
    (
        r"Permission denied",
        f"Check owner and mode of this path and of the folders above it, and noexec mounts, {_USE_ANOTHER}.",
    ),
    (
        r"invalid value for parameter|unrecognized configuration parameter",
        "Correct the setting that was given to the embedded Postgres.",
    ),
    (
        r"PANIC|could not locate a valid checkpoint|invalid primary checkpoint|invalid page",
        f"The data is damaged: move the folder away (a new database begins empty), {_USE_ANOTHER}.",
    ),
)
_GENERAL_ADVICE = f"The lines above say why; remove the cause and start again, {_USE_ANOTHER}."


class EmbeddedPostgresError(Exception):
    """The embedded Postgres cannot be had. The message says what happened, where the log is and what to do.

    It is meant to be printed as it is, without a stack trace.
    """


def process_failure(what: str, output: str, log: Path | None = None) -> EmbeddedPostgresError:
    """Describe a Postgres program that failed.

    Args:
        what: What was tried and how it ended, as the beginning of a sentence.
        output: What the program wrote; its last lines are shown, and the advice is chosen by them.
        log: The file that holds all of it, if there is one.
    """
    lines = [line for line in output.splitlines() if line.strip()][-_TAIL_LINES:]
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, output)), _GENERAL_ADVICE)
    parts = [f"{what}."]
    parts += [f"    {line}" for line in lines]
    if log is not None:
        parts.append(f"  log: {log}")
    parts.append(f"  {advice}")
    return EmbeddedPostgresError("\n".join(parts))


def system_failure(error: OSError, folder: Path) -> EmbeddedPostgresError:
    """Describe an operating system error met while preparing or starting the server in `folder`."""
    where = error.filename or folder
    reason = error.strerror or str(error)
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            advice = "Free some disk space and start again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            advice = f"Make {folder} writable for this user, choose another folder, {_USE_ANOTHER}."
        case _:
            advice = f"Remove the cause and start again, {_USE_ANOTHER}."
    return EmbeddedPostgresError(f"The embedded Postgres cannot use {where}: {reason}. {advice}")


def read_log_from(log: Path, offset: int) -> str:
    """Return the end of a log, at most what was written since it was `offset` bytes long."""
    if not log.exists():
        return ""
    size = log.stat().st_size
    with log.open("rb") as file:
        file.seek(max(offset if offset <= size else 0, size - _TAIL_BYTES_MAX))
        return file.read().decode(errors="replace")
