"""Composes the steps before a handler into one coroutine a method, once, at start.

Plain coroutines instead of `grpc.aio.ServerInterceptor`s: those are resolved again for every call and cost far more.
"""

from collections.abc import Awaitable, Callable, Sequence

from payments_service.transport.call import Call

Next = Callable[[Call, bytes], Awaitable[bytes]]
"""What follows: takes the call and the request as received, gives the reply as it is sent."""

Step = Callable[[Call, bytes, Next], Awaitable[bytes]]
"""One step of the chain: does its part, and calls what follows, or raises."""


def compose(steps: Sequence[Step], end: Next) -> Next:
    """The chain of the steps, the first outermost, around `end`."""
    chain = end
    for step in reversed(steps):
        chain = _before(step, chain)
    return chain


def _before(step: Step, following: Next) -> Next:
    # No coroutine of its own: the step's is handed on, which saves a frame a step on every call.
    def run(call: Call, request: bytes) -> Awaitable[bytes]:
        return step(call, request, following)

    return run
