"""Turns calls away at once when too many are in progress, so that those in progress still finish in time."""

from collections.abc import Iterator
from contextlib import contextmanager

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import RPC_REFUSED
from payments_service.transport.call import Call
from payments_service.transport.chain import Next

RETRY_AFTER_MS = 200


class LoadShed:
    """Counts the calls in progress in this process. Health and reflection do not pass here.

    Attributes:
        in_flight: calls in progress now.
    """

    def __init__(self, in_flight_max: int) -> None:
        self._in_flight_max = in_flight_max
        self.in_flight = 0

    async def __call__(self, call: Call, request: bytes, following: Next) -> bytes:
        """Let the call in while there is room.

        Raises:
            PaymentsError: OVERLOADED.
        """
        if self.in_flight >= self._in_flight_max:
            RPC_REFUSED.labels(Reason.OVERLOADED.name).inc()
            raise PaymentsError(
                Reason.OVERLOADED,
                f"the server is at its limit of {self._in_flight_max} calls in progress: retry later",
                retry_after_ms=RETRY_AFTER_MS,
            )
        self.in_flight += 1
        call.resting = self._resting
        try:
            return await following(call, request)
        finally:
            self.in_flight -= 1

    @contextmanager
    def _resting(self) -> Iterator[None]:
        """Free a call's place while it waits. It is taken again in any case: what was let in is finished."""
        self.in_flight -= 1
        try:
            yield
        finally:
            self.in_flight += 1
