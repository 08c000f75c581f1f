"""Webhooks by hand.

- `PUT /_sandbox/webhooks/endpoint` `{"url": "http://…", "secret": "whsec_…", "connect": false}`: makes this the only
  endpoint of its sort; answers with it and its secret.
- `POST /_sandbox/webhooks/pause` and `/resume`: holds deliveries back and lets them go.
- `GET /_sandbox/webhooks/deliveries?state=…&event=…&limit=…`: records of deliveries with their attempts, newest first.
- `GET /_sandbox/events?type=…&limit=…`: events of every account, newest first, also of accounts that are gone.
- `POST /_sandbox/events/{id}/resend`: the same event, same id, once more.
- `POST /_sandbox/events/{id}/twin`: another event, new id, about the same fact.
"""

from typing import get_args

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.state.event_log import Event
from stripe_sandbox.webhooks.delivery import State

_LIMIT_DEFAULT = 100
_LIMIT_MAX = 100_000


class Target(Command):
    """Where webhooks go from now on."""

    url: str = Field(pattern=r"^https?://[^/]+")
    secret: str | None = Field(default=None, min_length=1)
    connect: bool = False


def webhook_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def point(request: Request) -> Response:
        target: Target = await read_command(request, Target)
        return answer(sandbox.point_webhooks_at(target.url, target.secret, connect=target.connect))

    async def pause(_: Request) -> Response:
        sandbox.dispatcher.pause()
        return answer({"paused": True})

    async def resume(_: Request) -> Response:
        sandbox.dispatcher.resume()
        return answer({"paused": False})

    async def deliveries(request: Request) -> Response:
        query = request.query_params
        state = query.get("state")
        if state is not None and state not in get_args(State):
            raise ControlError(400, f"state: {state!r} is none of {', '.join(get_args(State))}")
        data = sandbox.dispatcher.listed(state=state, event=query.get("event"), limit=_limit(request))
        return answer({"data": data, "pending": sandbox.dispatcher.pending})

    async def events(request: Request) -> Response:
        wanted, limit = request.query_params.get("type"), _limit(request)
        found = [
            event
            for account in sandbox.world.accounts.values()
            for event in account.events
            if wanted in (None, event.kind)
        ]
        found.sort(key=lambda event: event.created, reverse=True)
        return answer({"data": [event.render() for event in found[:limit]]})

    async def resend(request: Request) -> Response:
        again = sandbox.dispatcher.resend(_event(sandbox, request))
        return answer({"data": [delivery.render() for delivery in again]})

    async def twin(request: Request) -> Response:
        return answer(sandbox.world.emit_twin(_event(sandbox, request)).render())

    return [
        Route("/webhooks/endpoint", point, methods=["PUT"]),
        Route("/webhooks/pause", pause, methods=["POST"]),
        Route("/webhooks/resume", resume, methods=["POST"]),
        Route("/webhooks/deliveries", deliveries),
        Route("/events", events),
        Route("/events/{id}/resend", resend, methods=["POST"]),
        Route("/events/{id}/twin", twin, methods=["POST"]),
    ]


def _limit(request: Request) -> int:
    limit = request.query_params.get("limit", str(_LIMIT_DEFAULT))
    if not limit.isdigit() or not 1 <= int(limit) <= _LIMIT_MAX:
        raise ControlError(400, f"limit: {limit!r} is not a number from 1 to {_LIMIT_MAX}")
    return int(limit)


def _event(sandbox: Sandbox, request: Request) -> Event:
    identifier = request.path_params["id"]
    event = sandbox.event(identifier)
    if event is None:
        raise ControlError(404, f"no event {identifier}: GET /v1/events lists them")
    return event
