"""All control endpoints, below `/_sandbox`. Each module's text says what its endpoints do."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.accounts import account_routes
from stripe_sandbox.control.answers import ControlError, refuse
from stripe_sandbox.control.authentication import authentication_routes
from stripe_sandbox.control.balances import balance_routes
from stripe_sandbox.control.checkout import checkout_routes
from stripe_sandbox.control.connections import connection_routes
from stripe_sandbox.control.debits import debit_routes
from stripe_sandbox.control.disputes import dispute_routes
from stripe_sandbox.control.faults import fault_routes
from stripe_sandbox.control.oauth import oauth_routes
from stripe_sandbox.control.payment_methods import payment_method_routes
from stripe_sandbox.control.payouts import payout_routes
from stripe_sandbox.control.radar import radar_routes
from stripe_sandbox.control.refunds import refund_routes
from stripe_sandbox.control.reserves import reserve_routes
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.control.state import state_routes
from stripe_sandbox.control.topups import topup_routes
from stripe_sandbox.control.webhooks import webhook_routes

_Endpoint = Callable[[Request], Awaitable[Response]]


def control_routes(sandbox: Sandbox) -> list[Route]:
    """Every route below `/_sandbox`."""
    routes = [
        *state_routes(sandbox),
        *webhook_routes(sandbox),
        *fault_routes(sandbox),
        *account_routes(sandbox),
        *authentication_routes(sandbox),
        *balance_routes(sandbox),
        *checkout_routes(sandbox),
        *connection_routes(sandbox),
        *debit_routes(sandbox),
        *dispute_routes(sandbox),
        *payout_routes(sandbox),
        *radar_routes(sandbox),
        *oauth_routes(sandbox),
        *payment_method_routes(sandbox),
        *refund_routes(sandbox),
        *reserve_routes(sandbox),
        *topup_routes(sandbox),
    ]
    return [Route(route.path, _refusing(route.endpoint), methods=_methods(route)) for route in routes]


def _methods(route: Route) -> list[str]:
    return sorted(route.methods or {"GET"})


def _refusing(endpoint: _Endpoint) -> _Endpoint:
    """The endpoint, with a readable answer to what cannot be done."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ControlError as error:
            return await refuse(request, error)

    return guarded
