"""The folder `.payments/`: what the command line keeps there, and who may read it.

.payments/
keys/        keys of the development stack, made once (0700, files 0600)
logs/        a log for each process of `payments up`
postgres/    the embedded Postgres (storage.embedded)
stack.json   where the running stack is, with its token (0600)
tls/         the stack's certificate authority and what it has issued (0700, files 0600)
up.lock      held by the running `payments up`
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from payments_service.cli.errors import CommandError


class DataFolder:
    """Paths in the data folder, and writing to it so that only its user can read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @property
    def postgres(self) -> Path:
        """The embedded Postgres."""
        return self.folder / "postgres"

    @property
    def logs(self) -> Path:
        """Logs of the processes of `payments up`."""
        return self.folder / "logs"

    @property
    def tls(self) -> Path:
        """Certificates and keys of the development stack."""
        return self.folder / "tls"

    @property
    def stack(self) -> Path:
        """The description of the running stack."""
        return self.folder / "stack.json"

    @property
    def lock(self) -> Path:
        """Held by the running `payments up`."""
        return self.folder / "up.lock"

    def make(self) -> None:
        """Make the folder and those for logs and certificates.

        Raises:
            CommandError: it cannot be made.
        """
        try:
            # Not private itself: as root, Postgres runs as a user who must get through to its own folder.
            self.folder.mkdir(parents=True, exist_ok=True)
            for private in (self.logs, self.tls):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from None

    def key(self, name: str, new: Callable[[], str]) -> str:
        """The key of this name, made by `new` the first time. Two who make it at once get the same one.

        Raises:
            CommandError: it cannot be read or made.
        """
        folder = self.folder / "keys"
        path = folder / name
        try:
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not path.exists():
                unfinished = folder / f".{name}.{secrets.token_hex(4)}"
                _write_new(unfinished, new() + "\n")
                try:
                    os.link(unfinished, path)
                except FileExistsError:
                    pass  # another process was faster: its key counts
                finally:
                    unfinished.unlink()
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise self._unusable(error) from None

    def write_private(self, path: Path, text: str) -> None:
        """Write a file that only its user can read; whole or not at all.

        Raises:
            CommandError: it cannot be written.
        """
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            _write_new(unfinished, text)
            unfinished.replace(path)
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> CommandError:
        return CommandError(
            f"PAYMENTS_DATA_DIR: cannot use {error.filename or self.folder}: {error.strerror}; make it writable for "
            "this user, or set another folder"
        )


def _write_new(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
