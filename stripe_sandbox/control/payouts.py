"""What the bank does with a payout.

- `POST /_sandbox/payouts/{id}/send`: it has the order (`in_transit`).
- `POST /_sandbox/payouts/{id}/pay`: it has the money.
- `POST /_sandbox/payouts/{id}/fail` `{"failure_code": "account_closed"}`: it sends the money back, also after it was
  paid.
- `POST /_sandbox/accounts/{id}/pay_out`: the account is paid out now, as its schedule would do; answers with the
  payouts.

All but the last answer with the payout as it is then.
"""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.balances import account_named
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payouts.life import UNDER_WAY, fail, pay, send
from stripe_sandbox.resources.payouts.schedule import pay_out
from stripe_sandbox.state.scope import Scope

_Code = Literal[
    "account_closed",
    "account_frozen",
    "bank_account_restricted",
    "bank_ownership_changed",
    "could_not_process",
    "debit_not_authorized",
    "declined",
    "insufficient_funds",
    "invalid_account_number",
    "invalid_currency",
    "no_account",
]


class Failure(Command):
    """Why the bank does not keep the money."""

    failure_code: _Code = "account_closed"


class Nothing(Command):
    """No fields."""


def payout_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def deliver(request: Request) -> Response:
        await read_command(request, Nothing)
        scope, payout = _of(sandbox, request, "sent", ("pending",))
        send(scope, payout)
        return answer(payout)

    async def complete(request: Request) -> Response:
        await read_command(request, Nothing)
        scope, payout = _of(sandbox, request, "paid", UNDER_WAY)
        pay(scope, payout)
        return answer(payout)

    async def refuse(request: Request) -> Response:
        command: Failure = await read_command(request, Failure)
        scope, payout = _of(sandbox, request, "failed", (*UNDER_WAY, "paid"))
        fail(scope, payout, command.failure_code)
        return answer(payout)

    async def by_schedule(request: Request) -> Response:
        await read_command(request, Nothing)
        account = account_named(sandbox, request)
        before = len(account.payouts)
        pay_out(sandbox.scope(account))
        return answer({"data": list(account.payouts)[before:]})

    return [
        Route("/payouts/{id}/send", deliver, methods=["POST"]),
        Route("/payouts/{id}/pay", complete, methods=["POST"]),
        Route("/payouts/{id}/fail", refuse, methods=["POST"]),
        Route("/accounts/{id}/pay_out", by_schedule, methods=["POST"]),
    ]


def _of(sandbox: Sandbox, request: Request, what: str, allowed: tuple[str, ...]) -> tuple[Scope, JsonObject]:
    """The payout in the path, if its status allows what is asked."""
    account, payout = found_anywhere(sandbox.world, "payouts", request.path_params["id"])
    if payout["status"] not in allowed:
        raise ControlError(400, f"payout {payout['id']} is {payout['status']}: only {', '.join(allowed)} can be {what}")
    return sandbox.scope(account), payout
