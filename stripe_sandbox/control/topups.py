"""What the bank does with a top-up.

- `POST /_sandbox/topups/{id}/succeed`: the money is there.
- `POST /_sandbox/topups/{id}/fail` `{"failure_code": "insufficient_funds"}`: it does not pay.
- `POST /_sandbox/topups/{id}/reverse`: it takes the money back.

All answer with the top-up as it is then.
"""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.topups.making import fail, reverse, succeed
from stripe_sandbox.state.scope import Scope

_Code = Literal["account_closed", "debit_not_authorized", "insufficient_funds", "invalid_currency", "no_account"]


class Failure(Command):
    """Why the bank does not pay."""

    failure_code: _Code = "insufficient_funds"


class Nothing(Command):
    """No fields."""


def topup_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def complete(request: Request) -> Response:
        await read_command(request, Nothing)
        scope, topup = _of(sandbox, request, "pending")
        succeed(scope, topup)
        return answer(topup)

    async def refuse(request: Request) -> Response:
        command: Failure = await read_command(request, Failure)
        scope, topup = _of(sandbox, request, "pending")
        fail(scope, topup, command.failure_code)
        return answer(topup)

    async def take_back(request: Request) -> Response:
        await read_command(request, Nothing)
        scope, topup = _of(sandbox, request, "succeeded")
        reverse(scope, topup)
        return answer(topup)

    return [
        Route("/topups/{id}/succeed", complete, methods=["POST"]),
        Route("/topups/{id}/fail", refuse, methods=["POST"]),
        Route("/topups/{id}/reverse", take_back, methods=["POST"]),
    ]


def _of(sandbox: Sandbox, request: Request, wanted: str) -> tuple[Scope, JsonObject]:
    """The top-up in the path, if its status is the wanted one."""
    account, topup = found_anywhere(sandbox.world, "topups", request.path_params["id"])
    if topup["status"] != wanted:
        raise ControlError(400, f"topup {topup['id']} is {topup['status']}, not {wanted}")
    return sandbox.scope(account), topup
