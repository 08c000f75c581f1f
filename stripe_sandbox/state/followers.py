"""Objects that wait for what becomes of another one, as an invoice waits for its payment intent."""

from collections.abc import Callable

from stripe_sandbox.state.event_log import Cause

Follower = Callable[[str, Cause], None]
"""Told the type of each event about the followed object, and the request behind it."""


class Followers:
    """Who waits for which object."""

    def __init__(self) -> None:
        self._by_id: dict[str, list[Follower]] = {}

    def follow(self, identifier: str, follower: Follower) -> None:
        """From now on `follower` is told of every event about this object."""
        self._by_id.setdefault(identifier, []).append(follower)

    def leave(self, identifier: str) -> None:
        """Nothing more will happen to this object that anybody waits for."""
        self._by_id.pop(identifier, None)

    def tell(self, identifier: str | None, kind: str, cause: Cause) -> None:
        """Something has happened to an object."""
        for follower in tuple(self._by_id.get(identifier or "", ())):
            follower(kind, cause)
