"""Every call ends: deadlines are cut to the longest allowed, and calls that bring none get one.

One timer looks over all calls in progress: a timer for each call would cost as much as the rest of its chain.
"""

import asyncio
import time

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.call import Call
from payments_service.transport.chain import Next

TICK_SECONDS = 0.02
"""How much later than its deadline a call may end."""

_MS = 1000
_Task = asyncio.Task[object]


class Deadline:
    """Cancels a handler that is still at work when the deadline passes.

    Only the waiting is cancelled: a use case shields what it must finish, and a retry with the same idempotency key
    learns the outcome.
    """

    def __init__(self, default_ms: int, longest_ms: int) -> None:
        self._default_seconds = default_ms / _MS
        self._longest_seconds = longest_ms / _MS
        self._due: dict[_Task, float] = {}
        self._expired: set[_Task] = set()
        self._ticking = False

    async def __call__(self, call: Call, request: bytes, following: Next) -> bytes:
        """Run what follows until the deadline.

        Raises:
            PaymentsError: DEADLINE_EXCEEDED.
        """
        now = time.monotonic()
        own = now + (self._default_seconds if call.method.mutating and call.deadline is None else self._longest_seconds)
        call.deadline = deadline = own if call.deadline is None else min(call.deadline, own)
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call runs in a task of its own")
        self._due[task] = deadline
        if not self._ticking:
            self._tick_later()
        try:
            return await following(call, request)
        except asyncio.CancelledError:
            # Ours, unless the caller has gone as well: then there is nobody to answer.
            if task in self._expired and task.uncancel() == 0:
                raise _exceeded(call) from None
            raise
        finally:
            del self._due[task]
            self._expired.discard(task)

    def _tick_later(self) -> None:
        self._ticking = True
        asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        for task, deadline in self._due.items():
            if deadline <= now and task not in self._expired:
                self._expired.add(task)
                task.cancel()
        if self._due:
            self._tick_later()
        else:
            self._ticking = False


def _exceeded(call: Call) -> PaymentsError:
    waited_ms = round((time.monotonic() - call.started) * _MS)
    advice = "it may still finish: retry with the same idempotency key" if call.method.mutating else "retry"
    return PaymentsError(Reason.DEADLINE_EXCEEDED, f"not finished after {waited_ms} ms: {advice}")
