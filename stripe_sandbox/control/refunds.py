"""What the customer's bank does with a refund.

- `POST /_sandbox/refunds/{id}/fail` `{"failure_reason": "expired_or_canceled_card"}`: it sends the refund back; answers
  with the refund as it is then.
"""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.refunds.changing import FAILED, fail_refund
from stripe_sandbox.state.account import AccountState

_Reason = Literal[
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
]


class Failure(Command):
    """Why the bank does not take the refund."""

    failure_reason: _Reason = "expired_or_canceled_card"


def refund_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def fail(request: Request) -> Response:
        command: Failure = await read_command(request, Failure)
        account, refund = _refund(sandbox, request.path_params["id"])
        if refund["status"] == FAILED:
            raise ControlError(400, f"refund {refund['id']} has failed already")
        fail_refund(sandbox.scope(account), refund, command.failure_reason)
        return answer(refund)

    return [Route("/refunds/{id}/fail", fail, methods=["POST"])]


def _refund(sandbox: Sandbox, identifier: str) -> tuple[AccountState, JsonObject]:
    account, refund = found_anywhere(sandbox.world, "refunds", identifier)
    if refund["source_transfer_reversal"] is not None:
        raise ControlError(400, f"refund {identifier} came with a reversed transfer: no bank has a part in it")
    return account, refund
