"""What banks and card networks do to saved payment methods.

- `POST /_sandbox/payment_methods/{id}/automatically_update` `{"exp_month": 1, "exp_year": 2040, "last4": "1111"}` (each
  may be left out): the bank has issued the card anew; answers with the payment method.
- `POST /_sandbox/mandates/{id}/end`: the permission to debit is taken back; answers with the mandate.
"""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.resources.mandates import end_mandate
from stripe_sandbox.resources.payment_methods import change_method


class NewCard(Command):
    """What is on the card that replaces the old one."""

    exp_month: int | None = Field(default=None, ge=1, le=12)
    exp_year: int | None = Field(default=None, ge=2000, le=9999)
    last4: str | None = Field(default=None, pattern=r"^\d{4}$")


class Nothing(Command):
    """No fields."""


def payment_method_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def reissue(request: Request) -> Response:
        command: NewCard = await read_command(request, NewCard)
        identifier = request.path_params["id"]
        for account in sandbox.world.accounts.values():
            method = account.payment_methods.get(identifier)
            if method is not None and method["type"] == "card":
                given = command.model_dump(exclude_none=True)
                changes = {"card": {**method["card"], **given}}
                change_method(sandbox.scope(account), method, changes, "payment_method.automatically_updated")
                return answer(method)
        raise ControlError(404, f"no card {identifier}: GET /v1/payment_methods lists those of customers")

    async def end(request: Request) -> Response:
        await read_command(request, Nothing)
        identifier = request.path_params["id"]
        for account in sandbox.world.accounts.values():
            mandate = account.mandates.get(identifier)
            if mandate is not None:
                end_mandate(sandbox.scope(account), mandate)
                return answer(mandate)
        raise ControlError(404, f"no mandate {identifier}")

    return [
        Route("/payment_methods/{id}/automatically_update", reissue, methods=["POST"]),
        Route("/mandates/{id}/end", end, methods=["POST"]),
    ]
