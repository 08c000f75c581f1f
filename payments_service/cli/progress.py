"""What is going on while a stack starts: a moving line on a terminal, plain lines elsewhere; on standard error."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape


class Progress:
    """Says what has been done and, on a terminal, what is being waited for."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("") if self._console.is_terminal else None

    def doing(self, what: str) -> None:
        """Say what is being waited for now."""
        if self._status is not None:
            self._status.update(escape(what))
            self._status.start()

    def done(self, what: str, seconds: float | None = None) -> None:
        """Say what has been done, and how long it took."""
        took = "" if seconds is None else f"  {seconds:.1f} s"
        self._console.print(f"{escape(what)}{took}", soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the moving line away, so that other output can follow."""
        if self._status is not None:
            self._status.stop()
