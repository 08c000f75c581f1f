"""What sealing needs from storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from payments_service.domain.seal.model import Numbered, Seal


@dataclass(frozen=True, slots=True)
class LastSeal:
    """The newest seal, None when there is none, read by whoever may make the next one."""

    seal: Seal | None


class SealStore(Protocol):
    """Seals and the numbered transactions that they are over."""

    async def lock_last(self) -> LastSeal | None:
        """The newest seal, kept from other workers until the transaction ends; None: another worker is at it."""
        ...

    async def last(self) -> Seal | None:
        """The newest seal."""
        ...

    async def numbered(self, after: int, limit: int) -> list[Numbered]:
        """Numbered transactions above a number, in order."""
        ...

    async def by_transaction(self, transaction_id: UUID) -> Numbered | None:
        """A transaction by its id; None when it has no number yet."""
        ...

    async def add(self, seal: Seal, leaves: bytes) -> None:
        """Store a seal with its leaves."""
        ...

    async def covering(self, number: int) -> tuple[Seal, bytes] | None:
        """The seal over a number with its leaves, if it is sealed."""
        ...

    async def page(self, after: int, limit: int) -> list[Seal]:
        """Seals above a number of seals, in order."""
        ...

    async def with_leaves(self, after: int, limit: int) -> Sequence[tuple[Seal, bytes]]:
        """The same, with their leaves."""
        ...
