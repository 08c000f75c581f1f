"""What waits for workers, as they can be told of it without asking each queue for work."""

from collections.abc import Collection
from enum import Enum
from typing import Protocol


class Queue(Enum):
    """A queue in the database, by the name of the worker that empties it."""

    EVENTS = "inbox"
    STREAMS = "sequencer"
    OPERATIONS = "completer"
    HOLDS = "hold_expiry"


class Lookout(Protocol):
    """Sees which queues have something in them."""

    async def waiting(self) -> Collection[Queue]:
        """Queues with something that is due and that nobody has leased.

        It takes nothing, so what it says may be over by the time that somebody goes there, and a worker that is not
        told must look by itself now and then.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE.
        """
        ...
