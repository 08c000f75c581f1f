"""The customer's part on a payment page.

- `POST /_sandbox/checkout/sessions/{id}/complete` `{"payment_method": "pm_card_visa"}`: fills the page in; any test
  payment method, or one that was made before. Answers with the session as it is then: a declined card leaves it open.
- `GET /_sandbox/checkout/{id}?payment_method=pm_card_visa`: the same in a browser, where the session's `url` points; it
  leads on to `success_url`, or to the bank's question.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.checkout.completing import complete, return_url_of
from stripe_sandbox.resources.payment_methods import resolve
from stripe_sandbox.state.account import AccountState

_CARD = "pm_card_visa"
_DECLINED = 402


class Payment(Command):
    """What the customer pays with."""

    payment_method: str = _CARD


def checkout_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def by_control(request: Request) -> Response:
        command: Payment = await read_command(request, Payment)
        account, session = _session(sandbox, request)
        _pay(sandbox, account, session, command.payment_method, str(request.base_url))
        return answer(session)

    async def by_browser(request: Request) -> Response:
        account, session = _session(sandbox, request)
        chosen = request.query_params.get("payment_method", _CARD)
        _pay(sandbox, account, session, chosen, str(request.base_url))
        intent = account.payment_intents.get(session["payment_intent"] or "") or {}
        asked = (intent.get("next_action") or {}).get("redirect_to_url", {}).get("url")
        url = asked if session["status"] == "open" else return_url_of(session)
        return answer(session) if url is None else RedirectResponse(url, status_code=303)

    return [
        Route("/checkout/sessions/{id}/complete", by_control, methods=["POST"]),
        Route("/checkout/{id}", by_browser),
    ]


def _session(sandbox: Sandbox, request: Request) -> tuple[AccountState, JsonObject]:
    identifier = request.path_params["id"]
    for account in sandbox.world.accounts.values():
        session = account.checkout_sessions.get(identifier)
        if session is not None:
            return account, session
    raise ControlError(404, f"no checkout session {identifier}: GET /v1/checkout/sessions lists them")


def _pay(sandbox: Sandbox, account: AccountState, session: JsonObject, chosen: str, base_url: str) -> None:
    """Fills the page in; a decline is an outcome here, not an error."""
    scope = sandbox.scope(account)
    try:
        complete(scope, session, resolve(scope, chosen, "payment_method"), base_url.rstrip("/"))
    except StripeError as error:
        if error.status != _DECLINED:
            raise ControlError(400, error.message) from error
