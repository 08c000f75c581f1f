"""Stripe holds funds of an account, `acct_…`, back.

- `POST /_sandbox/accounts/{id}/reserve` `{"amount": 500, "currency": "usd", "release_after_s": 86400}`: holds
  an amount, for good without `release_after_s`; answers with the hold.
- `POST /_sandbox/reserve_holds/{id}/release` `{"amount": 200}`: lets it go, all that is left without `amount`; answers
  with the release.
- `POST /_sandbox/accounts/{id}/reserve_plan` `{"percent": 10, "days": 90, "expires_in_s": 86400}`: from now on holds
  a part of each charge for some days; answers with the plan. `POST /_sandbox/reserve_plans/{id}/disable` ends it.
"""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.balances import account_named, check_currency
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.resources.reserves.holding import Reason, hold, release
from stripe_sandbox.resources.reserves.plans import disable_plan, make_plan


class Hold(Command):
    """What is held back."""

    amount: int = Field(ge=1)
    currency: str | None = None
    release_after_s: int | None = Field(default=None, ge=0)


class Release(Command):
    """What is let go."""

    amount: int | None = Field(default=None, ge=1)


class Plan(Command):
    """What is held back of each charge."""

    percent: int = Field(ge=1, le=100)
    days: int = Field(default=90, ge=0, le=3_660)
    expires_in_s: int | None = Field(default=None, ge=0)


class Nothing(Command):
    """No fields."""


def reserve_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def keep(request: Request) -> Response:
        command: Hold = await read_command(request, Hold)
        account = account_named(sandbox, request)
        currency = command.currency or account.default_currency
        check_currency("currency", currency)
        scope, wait_s = sandbox.scope(account), command.release_after_s
        reason = Reason(scope.now, None if wait_s is None else scope.now + wait_s)
        return answer(hold(scope, command.amount, currency, reason), 201)

    async def let_go(request: Request) -> Response:
        command: Release = await read_command(request, Release)
        account, held = found_anywhere(sandbox.world, "reserve_holds", request.path_params["id"])
        left = held["amount_releasable"]
        if left < (command.amount or 1):
            raise ControlError(400, f"amount: of {held['id']} {left} is left to release")
        return answer(release(sandbox.scope(account), held, command.amount, "hold_released_early"), 201)

    async def plan(request: Request) -> Response:
        command: Plan = await read_command(request, Plan)
        scope, wait_s = sandbox.scope(account_named(sandbox, request)), command.expires_in_s
        expires_on = None if wait_s is None else scope.now + wait_s
        return answer(make_plan(scope, command.percent, command.days, expires_on), 201)

    async def disable(request: Request) -> Response:
        await read_command(request, Nothing)
        account, found = found_anywhere(sandbox.world, "reserve_plans", request.path_params["id"])
        if found["status"] != "active":
            raise ControlError(400, f"plan {found['id']} is {found['status']}")
        disable_plan(sandbox.scope(account), found)
        return answer(found)

    return [
        Route("/accounts/{id}/reserve", keep, methods=["POST"]),
        Route("/reserve_holds/{id}/release", let_go, methods=["POST"]),
        Route("/accounts/{id}/reserve_plan", plan, methods=["POST"]),
        Route("/reserve_plans/{id}/disable", disable, methods=["POST"]),
    ]
