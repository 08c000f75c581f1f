"""What the server needs to know of the application it serves. The bootstrap builds it; nothing here knows gRPC."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from payments_service.config import Settings


class Application(Protocol):
    """One process's worth of the service, wired and ready."""

    @property
    def services(self) -> Mapping[str, object]:
        """Handler objects by full service name, each with a coroutine `snake_case(request, call)` for every method."""

    async def probe(self) -> bool:
        """Whether it can do its work now, found out by really asking the database. May raise: that counts as no."""

    def drain(self) -> None:
        """Let go of calls that only wait for something to happen: the server stops. Called at least once."""

    async def close(self) -> None:
        """Wait for work that outlives its call, then let go of everything. Called once, after the last call."""


ApplicationFactory = Callable[[Settings], Awaitable[Application]]
"""A module-level coroutine function: server processes find it again by its module and name."""
