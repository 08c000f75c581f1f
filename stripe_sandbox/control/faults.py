"""Faults on request.

- `GET /_sandbox/faults`: rules in force, with how often each struck.
- `POST /_sandbox/faults`: puts a rule in force. `{"effect": "error_after", "path": "/v1/payment_intents", "count": 1}`
  disturbs requests (`latency`, `latency_after`, `error_before`, `error_after`, `reset_before`, `reset_after`,
  `conflict`, `rate_limit`); `{"effect": "double", "types": ["charge.*"], "probability": 0.1}` disturbs webhooks
  (`double`, `delay`, `shuffle`, `drop`, `twin`). All fields: `faults.rules`.
- `DELETE /_sandbox/faults/{id}`: lifts one rule. `DELETE /_sandbox/faults`: lifts all; with `?seed=7` chance starts
  again from this seed.
"""

from typing import get_args

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.faults.rules import RequestEffect, RequestRule, WebhookEffect, WebhookRule


class _Effect(BaseModel):
    effect: str = ""


def fault_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def listed(_: Request) -> Response:
        return answer({"data": sandbox.faults.listed()})

    async def add(request: Request) -> Response:
        effect: _Effect = await read_command(request, _Effect)
        armed = sandbox.faults.add(await read_command(request, _kind(effect.effect)))
        return answer({"id": armed.id, **armed.rule.model_dump(exclude_none=True)}, 201)

    async def remove(request: Request) -> Response:
        identifier = request.path_params["id"]
        if not sandbox.faults.remove(identifier):
            raise ControlError(404, f"no fault {identifier}: GET /_sandbox/faults lists those in force")
        return answer({"id": identifier, "deleted": True})

    async def clear(request: Request) -> Response:
        seed = request.query_params.get("seed")
        if seed is not None and not seed.isdigit():
            raise ControlError(400, f"seed: {seed!r} is not a whole number")
        sandbox.faults.clear(None if seed is None else int(seed))
        return answer({"data": []})

    return [
        Route("/faults", listed, methods=["GET"]),
        Route("/faults", add, methods=["POST"]),
        Route("/faults", clear, methods=["DELETE"]),
        Route("/faults/{id}", remove, methods=["DELETE"]),
    ]


def _kind(effect: str) -> type[RequestRule | WebhookRule]:
    if effect in get_args(RequestEffect):
        return RequestRule
    if effect in get_args(WebhookEffect):
        return WebhookRule
    known = ", ".join((*get_args(RequestEffect), *get_args(WebhookEffect)))
    raise ControlError(400, f"effect: {effect!r} is none of {known}")
