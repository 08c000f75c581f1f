"""What verifying needs from storage."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from payments_service.application.verification.model import Position, Run, Stretch


class VerificationStore(Protocol):
    """The checks."""

    @property
    def checks(self) -> Sequence[str]:
        """Their names, in the order in which they are made."""
        ...

    async def look(self, check: str, position: Position) -> Stretch:
        """Look at the next rows of a check, in one short transaction."""
        ...

    async def add(self, run: Run) -> None:
        """Store a new run."""
        ...

    async def get(self, run_id: UUID) -> Run | None:
        """A run."""
        ...

    async def lock_next(self) -> Run | None:
        """The oldest run that is not done and that nobody is at, kept from others until the transaction ends."""
        ...

    async def lock(self, run_id: UUID) -> Run | None:
        """A run, kept from others until the transaction ends; waits for whoever is at it."""
        ...

    async def save(self, run: Run) -> None:
        """Store how far a run has come that was read under its lock."""
        ...
