"""Bank accounts that customers show, and reports that fail.

- `POST /_sandbox/financial_connections/sessions/{id}/complete`: the customer shows a bank account; answers with it.
- `POST /_sandbox/financial_connections/accounts/{id}/change` `{"what": "deactivated"}`, `"reactivated"` or
  `"disconnected"`: the bank or the customer ends or renews the connection; answers with the account.
- `POST /_sandbox/financial_connections/accounts/{id}/tell` `{"what": "upcoming_deactivation"}` (or another notice of
  the bank's): an event about the account as it is; answers with the account.
- `POST /_sandbox/reporting/report_runs/{id}/fail` `{"error": "…"}`: a pending report cannot be made; answers with it.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.resources.embedded import put_first
from stripe_sandbox.resources.financial_connections.accounts import (
    Change,
    Notice,
    add_linked_account,
    change_linked_account,
)
from stripe_sandbox.resources.report_runs import fail

_ACCOUNTS = "/v1/financial_connections/accounts"
_REPORTS = "/v1/reporting/report_runs"


class Nothing(Command):
    """No fields."""


class Connection(Command):
    """What becomes of a connection."""

    what: Change


class News(Command):
    """What the bank has to say about an account."""

    what: Notice


class Failure(Command):
    """Why a report cannot be made."""

    error: str = "The report could not be made."


def connection_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def show(request: Request) -> Response:
        await read_command(request, Nothing)
        account, session = found_anywhere(sandbox.world, "link_sessions", request.path_params["id"])
        linked = add_linked_account(sandbox.scope(account), session)
        session["accounts"] = dict(session["accounts"])
        put_first(session["accounts"], linked)
        return answer(linked)

    async def change(request: Request) -> Response:
        command: Connection = await read_command(request, Connection)
        account, linked = found_anywhere(sandbox.world, "linked_accounts", request.path_params["id"], _ACCOUNTS)
        try:
            change_linked_account(sandbox.scope(account), linked, command.what)
        except StripeError as error:
            raise ControlError(400, error.message) from error
        return answer(linked)

    async def tell(request: Request) -> Response:
        command: News = await read_command(request, News)
        account, linked = found_anywhere(sandbox.world, "linked_accounts", request.path_params["id"], _ACCOUNTS)
        sandbox.scope(account).emit(f"financial_connections.account.{command.what}", linked)
        return answer(linked)

    async def fail_report(request: Request) -> Response:
        command: Failure = await read_command(request, Failure)
        account, run = found_anywhere(sandbox.world, "report_runs", request.path_params["id"], _REPORTS)
        try:
            fail(sandbox.scope(account), run, command.error)
        except StripeError as error:
            raise ControlError(400, error.message) from error
        return answer(run)

    return [
        Route("/financial_connections/sessions/{id}/complete", show, methods=["POST"]),
        Route("/financial_connections/accounts/{id}/change", change, methods=["POST"]),
        Route("/financial_connections/accounts/{id}/tell", tell, methods=["POST"]),
        Route("/reporting/report_runs/{id}/fail", fail_report, methods=["POST"]),
    ]
