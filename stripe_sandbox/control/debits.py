"""What the customer's bank does with a direct debit, or sends by bank transfer.

- `POST /_sandbox/payment_intents/{id}/clear` `{"outcome": "fail", "failure_code": "no_account"}` or `"succeed"`: its
  answer to a debit that is `processing`; answers with the payment intent as it is then.
- `POST /_sandbox/payment_intents/{id}/fund` `{"amount": 4000}`: money has come by bank transfer (`customer_balance`);
  answers with the payment intent as it is then.
- `POST /_sandbox/charges/{id}/return` `{"failure_code": "insufficient_funds"}`: it takes back what it has paid; answers
  with the charge as it is then.
"""

from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.resources.charges.returning import take_back
from stripe_sandbox.resources.disputes.opening import is_charged_back
from stripe_sandbox.resources.payment_intents.bank_transfers import awaits_transfer, receive
from stripe_sandbox.resources.payment_intents.debiting import fail, succeed

_Code = Literal[
    "account_closed",
    "charge_exceeds_source_limit",
    "charge_exceeds_weekly_limit",
    "debit_not_authorized",
    "generic_decline",
    "insufficient_funds",
    "invalid_currency",
    "no_account",
]


class Answer(Command):
    """Whether the bank pays."""

    outcome: Literal["succeed", "fail"]
    failure_code: _Code = "insufficient_funds"


class Funding(Command):
    """What has come, in minor units of the payment's currency."""

    amount: int = Field(ge=1)


class Return(Command):
    """Why the bank wants its money back."""

    failure_code: _Code = "insufficient_funds"


def debit_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def clear(request: Request) -> Response:
        command: Answer = await read_command(request, Answer)
        account, intent = found_anywhere(sandbox.world, "payment_intents", request.path_params["id"])
        charge = account.charges.get(intent["latest_charge"] or "")
        if intent["status"] != "processing" or charge is None:
            raise ControlError(400, f"payment intent {intent['id']} is {intent['status']}: no bank has to answer it")
        if command.outcome == "succeed":
            succeed(sandbox.scope(account), intent, charge)
        else:
            fail(sandbox.scope(account), intent, charge, command.failure_code)
        return answer(intent)

    async def fund(request: Request) -> Response:
        command: Funding = await read_command(request, Funding)
        account, intent = found_anywhere(sandbox.world, "payment_intents", request.path_params["id"])
        if not awaits_transfer(intent):
            raise ControlError(400, f"payment intent {intent['id']} waits for no bank transfer")
        receive(sandbox.scope(account), intent, command.amount)
        return answer(intent)

    async def give_back(request: Request) -> Response:
        command: Return = await read_command(request, Return)
        account, charge = found_anywhere(sandbox.world, "charges", request.path_params["id"])
        if charge["status"] != "succeeded" or charge["payment_method"] not in account.debits:
            raise ControlError(400, f"charge {charge['id']} is no direct debit that has succeeded")
        scope = sandbox.scope(account)
        if charge["amount_refunded"] or is_charged_back(scope, charge):
            raise ControlError(400, f"charge {charge['id']} has been refunded or disputed: its money is not there")
        take_back(scope, charge, command.failure_code)
        return answer(charge)

    return [
        Route("/payment_intents/{id}/clear", clear, methods=["POST"]),
        Route("/payment_intents/{id}/fund", fund, methods=["POST"]),
        Route("/charges/{id}/return", give_back, methods=["POST"]),
    ]
