"""Consent of the owners of accounts that exist already.

- `POST /_sandbox/oauth/authorize` `{"account": "acct_…", "country": "US"}` (each may be left out): lets the platform
  in; answers with the code that `/oauth/token` takes within five minutes, and the account. Without an account, one is
  brought along.
- `POST /_sandbox/accounts/{id}/deauthorize`: the owner throws the platform out; answers with the account's id.
"""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.resources.accounts.oauth import deauthorize, grant


class Consent(Command):
    """Whose account it is."""

    account: str | None = None
    country: str = Field(default="US", pattern="^[A-Z]{2}$")


class Nothing(Command):
    """No fields."""


def oauth_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def authorize(request: Request) -> Response:
        command: Consent = await read_command(request, Consent)
        if command.account is not None and command.account not in sandbox.world.accounts:
            raise ControlError(404, f"no account {command.account}")
        try:
            code, account = grant(sandbox.scope(), command.account, command.country)
        except StripeError as error:
            raise ControlError(400, error.message) from error
        return answer({"code": code, "account": account.id})

    async def leave(request: Request) -> Response:
        await read_command(request, Nothing)
        account = sandbox.world.living_account(request.path_params["id"])
        if account is None or account.is_platform:
            raise ControlError(404, f"no connected account {request.path_params['id']}")
        deauthorize(sandbox.scope(), account)
        return answer({"account": account.id})

    return [
        Route("/oauth/authorize", authorize, methods=["POST"]),
        Route("/accounts/{id}/deauthorize", leave, methods=["POST"]),
    ]
