"""What the customer's bank does about a charge.

- `POST /_sandbox/charges/{id}/dispute` `{"amount": 4000, "reason": "fraudulent", "case": "chargeback"}` (each may be
  left out): it disputes the charge, or with `"case": "inquiry"` only asks; `"resolution"` and `"block"` are disputes
  that were `prevented`, with the money given back and without.
- `POST /_sandbox/disputes/{id}/decide` `{"outcome": "won", "return_fee": false}`: `won` (also of a lost one), `lost`,
  `warning_closed` or `prevented` (both of an inquiry). `return_fee` is for `won`.
- `POST /_sandbox/disputes/{id}/reopen`: a lost one is under review again.
- `POST /_sandbox/disputes/{id}/escalate`: an inquiry becomes a chargeback.

All answer with the dispute as it is then.
"""

from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.disputes.deciding import INQUIRIES, OPEN, close_inquiry, escalate, lose, reopen, win
from stripe_sandbox.resources.disputes.opening import Case, Claim, disputable, open_dispute
from stripe_sandbox.state.scope import Scope

_Reason = Literal[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
]
_FROM = {"won": (*OPEN, "lost"), "lost": OPEN, "warning_closed": INQUIRIES, "prevented": INQUIRIES}


class Opening(Command):
    """What the bank claims."""

    amount: int | None = Field(default=None, ge=1)
    reason: _Reason = "fraudulent"
    case: Case = "chargeback"


class Decision(Command):
    """What the bank decides."""

    outcome: Literal["won", "lost", "warning_closed", "prevented"]
    return_fee: bool | None = None


class Nothing(Command):
    """No fields."""


def dispute_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def dispute(request: Request) -> Response:
        command: Opening = await read_command(request, Opening)
        account, charge = found_anywhere(sandbox.world, "charges", request.path_params["id"])
        most = disputable(charge)
        if most == 0:
            raise ControlError(400, f"charge {charge['id']} holds no customer's money: nothing was captured on it")
        if command.amount is not None and command.amount > most:
            raise ControlError(400, f"amount: {command.amount} is more than was captured, {most}")
        claim = Claim(command.reason, command.case, command.amount)
        return answer(open_dispute(sandbox.scope(account), charge, claim), 201)

    async def decide(request: Request) -> Response:
        command: Decision = await read_command(request, Decision)
        scope, subject = _of(sandbox, request, command.outcome, _FROM[command.outcome])
        if command.outcome == "won":
            win(scope, subject, return_fee=command.return_fee)
        elif command.outcome == "lost":
            lose(scope, subject)
        else:
            close_inquiry(scope, subject, command.outcome)
        return answer(subject)

    async def again(request: Request) -> Response:
        await read_command(request, Nothing)
        scope, subject = _of(sandbox, request, "reopened", ("lost",))
        reopen(scope, subject)
        return answer(subject)

    async def charge_back(request: Request) -> Response:
        await read_command(request, Nothing)
        scope, subject = _of(sandbox, request, "escalated", INQUIRIES)
        escalate(scope, subject)
        return answer(subject)

    return [
        Route("/charges/{id}/dispute", dispute, methods=["POST"]),
        Route("/disputes/{id}/decide", decide, methods=["POST"]),
        Route("/disputes/{id}/reopen", again, methods=["POST"]),
        Route("/disputes/{id}/escalate", charge_back, methods=["POST"]),
    ]


def _of(sandbox: Sandbox, request: Request, what: str, allowed: tuple[str, ...]) -> tuple[Scope, JsonObject]:
    """The dispute in the path, if its status allows what is asked."""
    account, subject = found_anywhere(sandbox.world, "disputes", request.path_params["id"])
    if subject["status"] not in allowed:
        raise ControlError(
            400, f"dispute {subject['id']} is {subject['status']}: only {', '.join(allowed)} can become {what}"
        )
    return sandbox.scope(account), subject
