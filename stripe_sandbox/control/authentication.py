"""The customer's part: answering the bank's question (3-D Secure).

- `POST /_sandbox/payment_intents/{id}/authenticate` `{"outcome": "pass"}` or `{"outcome": "fail"}`: goes on with a
  payment in `requires_action`; answers with the payment intent as it is then. `/setup_intents/{id}/…` is the same.
- `GET /_sandbox/authenticate/{id}?client_secret=…&outcome=pass`: the same in a browser, where `next_action` points; it
  leads on to the `return_url`.
"""

import hmac
from typing import Literal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payment_intents.confirmation import authenticate
from stripe_sandbox.resources.setup_intents.confirmation import authenticate as authenticate_setup
from stripe_sandbox.state.account import AccountState

_DECLINED = 402


class Authentication(Command):
    """What the customer's bank found."""

    outcome: Literal["pass", "fail"] = "pass"


def authentication_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def by_control(request: Request) -> Response:
        command: Authentication = await read_command(request, Authentication)
        account, intent = _intent(sandbox, request)
        _authenticate(sandbox, account, intent, passed=command.outcome == "pass")
        return answer(intent)

    async def by_browser(request: Request) -> Response:
        account, intent = _intent(sandbox, request)
        secret = request.query_params.get("client_secret", "")
        if not hmac.compare_digest(secret.encode(), str(intent["client_secret"]).encode()):
            raise ControlError(404, "client_secret: it is not the one of this intent")
        action = intent["next_action"] or {}
        return_url = action.get("redirect_to_url", {}).get("return_url")
        passed = request.query_params.get("outcome", "pass") == "pass"
        _authenticate(sandbox, account, intent, passed=passed)
        if return_url is None:
            return answer(intent)
        found = {
            intent["object"]: intent["id"],
            f"{intent['object']}_client_secret": intent["client_secret"],
            "redirect_status": "failed" if intent["status"] == "requires_payment_method" else "succeeded",
        }
        return RedirectResponse(f"{return_url}{'&' if '?' in return_url else '?'}{urlencode(found)}", status_code=303)

    return [
        Route("/payment_intents/{id}/authenticate", by_control, methods=["POST"]),
        Route("/setup_intents/{id}/authenticate", by_control, methods=["POST"]),
        Route("/authenticate/{id}", by_browser),
    ]


def _intent(sandbox: Sandbox, request: Request) -> tuple[AccountState, JsonObject]:
    identifier = request.path_params["id"]
    for account in sandbox.world.accounts.values():
        intent = account.payment_intents.get(identifier) or account.setup_intents.get(identifier)
        if intent is not None:
            return account, intent
    raise ControlError(404, f"no payment intent {identifier} and no setup intent either")


def _authenticate(sandbox: Sandbox, account: AccountState, intent: JsonObject, *, passed: bool) -> None:
    """Goes on; a decline is an outcome here, shown by the intent, not an error."""
    try:
        if intent["object"] == "setup_intent":
            authenticate_setup(sandbox.scope(account), intent, passed=passed)
        else:
            authenticate(sandbox.scope(account), intent, passed=passed)
    except StripeError as error:
        if error.status != _DECLINED:
            raise ControlError(400, error.message) from error
