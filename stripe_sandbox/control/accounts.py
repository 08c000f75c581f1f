"""Verification of connected accounts, which at Stripe people and banks decide.

- `POST /_sandbox/accounts/{id}/complete_onboarding`: everything is verified and every capability active.
- `POST /_sandbox/accounts/{id}/restrict` `{"disabled_reason": "listed", "currently_due": ["individual.id_number"]}`
  (both may be left out): no charges, transfers and payouts any more.

Both answer with the account as it is then and emit `capability.updated` and `account.updated` in it.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.resources.accounts.onboarding import complete_onboarding, restrict
from stripe_sandbox.state.scope import Scope

_REASON_DEFAULT = "requirements.past_due"


class Nothing(Command):
    """No fields."""


class Restriction(Command):
    """Why the account is stopped and what would help."""

    disabled_reason: str = _REASON_DEFAULT
    currently_due: tuple[str, ...] = ()


def account_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def complete(request: Request) -> Response:
        await read_command(request, Nothing)
        scope = _connected(sandbox, request)
        complete_onboarding(scope)
        return answer(scope.account.profile)

    async def stop(request: Request) -> Response:
        command: Restriction = await read_command(request, Restriction)
        scope = _connected(sandbox, request)
        restrict(scope, command.disabled_reason, list(command.currently_due))
        return answer(scope.account.profile)

    return [
        Route("/accounts/{id}/complete_onboarding", complete, methods=["POST"]),
        Route("/accounts/{id}/restrict", stop, methods=["POST"]),
    ]


def _connected(sandbox: Sandbox, request: Request) -> Scope:
    """The connected account in the path, as the place of a change."""
    identifier = request.path_params["id"]
    account = sandbox.world.living_account(identifier)
    if account is None or account.is_platform:
        raise ControlError(404, f"no connected account {identifier}: GET /v1/accounts lists them")
    return sandbox.scope(account)
