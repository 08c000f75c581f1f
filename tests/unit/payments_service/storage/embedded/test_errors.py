"""What the messages tell a user."""

import errno
from pathlib import Path

import pytest

from payments_service.storage.embedded.errors import process_failure, system_failure


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ('FATAL:  could not write lock file "postmaster.pid": No space left on device', "Free some disk space"),
        ("LOG:  could not bind IPv4 address: Address already in use", "Choose another port"),
        ("initdb: could not look up effective user ID 61234: user does not exist", "useradd --system"),
        ('FATAL:  invalid value for parameter "work_mem": "lots"', "Correct the setting"),
        ("PANIC:  could not locate a valid checkpoint record", "move the folder away"),
        ("postgres: error while loading shared libraries: libz.so.1", "does not run on this platform"),
        ("something nobody foresaw", "PAYMENTS_DATABASE_URL"),
    ],
)
def test_the_cause_decides_what_is_advised(output: str, advice: str) -> None:
    assert advice in str(process_failure("Postgres ended", output))


def test_only_the_last_lines_are_shown_and_the_log_is_named() -> None:
    output = "\n".join(f"line {number}" for number in range(100))

    message = str(process_failure("Postgres ended", output, Path("/x/postgres.log")))

    assert "line 99" in message
    assert "line 50" not in message
    assert "log: /x/postgres.log" in message


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "Free some disk space"), (errno.EACCES, "writable"), (errno.ENOTDIR, "Remove the cause")],
)
def test_an_error_of_the_system_names_the_path_and_what_to_do(number: int, advice: str) -> None:
    message = str(system_failure(OSError(number, "as the system says it", "/x/data"), Path("/x")))

    assert message.startswith("The embedded Postgres cannot use /x/data: as the system says it.")
    assert advice in message
