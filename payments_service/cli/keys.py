"""`payments key`: a new encryption key, or a key pair for seals."""

import re
from datetime import UTC, datetime

import typer

from payments_service.application.sealing.keys import new_seal_key
from payments_service.cli.errors import EXIT_USAGE, CommandError
from payments_service.storage.cipher import new_key

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def run_key(name: str | None, *, seal: bool = False) -> None:
    """Print a key; for seals the private one and, on a line of its own, the public one.

    Raises:
        CommandError: the name cannot be one in the list of keys.
    """
    chosen = f"{datetime.now(UTC):%Y-%m-%d}" if name is None else name
    if not _NAME.fullmatch(chosen):
        raise CommandError(
            f"--name: {chosen!r} must be 1 to 64 letters, digits, dots, dashes or underscores", EXIT_USAGE
        )
    if seal:
        private, public = new_seal_key(chosen)
        typer.echo(f"PAYMENTS_SEAL_KEYS={private}\nPAYMENTS_SEAL_PUBLIC_KEYS={public}")
        return
    typer.echo(new_key(chosen))
