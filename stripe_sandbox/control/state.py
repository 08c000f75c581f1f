"""Looking at the sandbox as a whole and starting again.

- `GET /_sandbox/state`: balances, counts, webhook endpoints with their secrets, rules in force.
- `POST /_sandbox/reset`: forgets everything; `SANDBOX_WEBHOOK_URL` and `SANDBOX_CONNECT_WEBHOOK_URL` are
  registered anew.
- `GET /_sandbox/clock`: sandbox time. `POST /_sandbox/clock/advance` `{"seconds": 86400}`: moves it forward; captures,
  settlements and expiries on the way happen, each at its moment, before the answer.
"""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox

_ADVANCE_MAX_S = 10 * 366 * 86_400


class Advance(Command):
    """How far to move the clock."""

    seconds: float = Field(ge=0, le=_ADVANCE_MAX_S)


def state_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def state(_: Request) -> Response:
        return answer(sandbox.summary())

    async def reset(_: Request) -> Response:
        sandbox.reset()
        return answer(sandbox.summary())

    async def clock(_: Request) -> Response:
        return answer(_clock(sandbox))

    async def advance(request: Request) -> Response:
        command: Advance = await read_command(request, Advance)
        ran = sandbox.world.scheduler.advance(command.seconds)
        return answer({**_clock(sandbox), "jobs_run": ran})

    return [
        Route("/state", state),
        Route("/reset", reset, methods=["POST"]),
        Route("/clock", clock),
        Route("/clock/advance", advance, methods=["POST"]),
    ]


def _clock(sandbox: Sandbox) -> dict[str, float]:
    clock = sandbox.world.clock
    return {"now": clock.seconds(), "offset_s": round(clock.offset_s, 3)}
