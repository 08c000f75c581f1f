"""What verifying needs from storage."""

from collections.abc import Sequence
from typing import Protocol

from payments_service.application.verification.model import Position, Stretch


class VerificationStore(Protocol):
    """The checks."""

    @property
    def checks(self) -> Sequence[str]:
        """Their names, in the order in which they are made."""
        ...

    async def look(self, check: str, position: Position) -> Stretch:
        """Look at the next rows of a check, in one short transaction."""
        ...
