"""Doubts about a charge.

- `POST /_sandbox/charges/{id}/early_fraud_warning` `{"fraud_type": "misc"}`: the issuer's warning; answers with it.
- `POST /_sandbox/charges/{id}/review` `{"reason": "manual"}`: a review; answers with it.
- `POST /_sandbox/reviews/{id}/close` `{"reason": "approved"}`: its end; answers with it.
"""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.control.answers import Command, ControlError, answer, found_anywhere, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.radar.doubts import close_review, open_review, warn
from stripe_sandbox.state.scope import Scope


class Suspicion(Command):
    """What the issuer suspects."""

    fraud_type: Literal[
        "card_never_received",
        "fraudulent_card_application",
        "made_with_counterfeit_card",
        "made_with_lost_card",
        "made_with_stolen_card",
        "misc",
        "unauthorized_use_of_card",
    ] = "misc"


class Doubt(Command):
    """Who wants the review."""

    reason: Literal["manual", "rule"] = "manual"


class End(Command):
    """What came of it."""

    reason: Literal["acknowledged", "approved", "payment_never_settled", "redacted"] = "approved"


def radar_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def suspect(request: Request) -> Response:
        command: Suspicion = await read_command(request, Suspicion)
        scope, charge = _charge(sandbox, request)
        return answer(warn(scope, charge, command.fraud_type), 201)

    async def doubt(request: Request) -> Response:
        command: Doubt = await read_command(request, Doubt)
        scope, charge = _charge(sandbox, request)
        return answer(open_review(scope, charge, command.reason), 201)

    async def end(request: Request) -> Response:
        command: End = await read_command(request, End)
        account, review = found_anywhere(sandbox.world, "reviews", request.path_params["id"])
        if not review["open"]:
            raise ControlError(400, f"review {review['id']} is closed already: {review['closed_reason']}")
        close_review(sandbox.scope(account), review, command.reason)
        return answer(review)

    return [
        Route("/charges/{id}/early_fraud_warning", suspect, methods=["POST"]),
        Route("/charges/{id}/review", doubt, methods=["POST"]),
        Route("/reviews/{id}/close", end, methods=["POST"]),
    ]


def _charge(sandbox: Sandbox, request: Request) -> tuple[Scope, JsonObject]:
    """The charge in the path, which must be a customer's."""
    account, charge = found_anywhere(sandbox.world, "charges", request.path_params["id"])
    if charge["status"] != "succeeded" or charge["source_transfer"] is not None:
        raise ControlError(400, f"charge {charge['id']} is no payment of a customer that has succeeded")
    return sandbox.scope(account), charge
