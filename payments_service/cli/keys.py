"""`payments key`: a new encryption key."""

import re
from datetime import UTC, datetime

import typer

from payments_service.cli.errors import EXIT_USAGE, CommandError
from payments_service.storage.cipher import new_key

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def run_key(name: str | None) -> None:
    """Print a key.

    Raises:
        CommandError: the name cannot be one in the list of keys.
    """
    chosen = f"{datetime.now(UTC):%Y-%m-%d}" if name is None else name
    if not _NAME.fullmatch(chosen):
        raise CommandError(
            f"--name: {chosen!r} must be 1 to 64 letters, digits, dots, dashes or underscores", EXIT_USAGE
        )
    typer.echo(new_key(chosen))
