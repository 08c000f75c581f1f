"""The gateway's HTTP application: two addresses for Stripe, three for operators, and JSON for every wrong turn."""

import time
from collections.abc import Callable, Mapping

from payments_api.internal.v1.stripe_event_pb2 import StripeEndpoint
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from webhook_gateway.answers import Answer, defect, failure
from webhook_gateway.body import BodyReader
from webhook_gateway.delivery import WebhookEndpoint
from webhook_gateway.logs import Log
from webhook_gateway.metrics import Metrics
from webhook_gateway.readiness import Readiness
from webhook_gateway.recorder import EventRecorder
from webhook_gateway.settings import Settings
from webhook_gateway.signature import SignatureVerifier

PLATFORM_PATH = "/stripe/webhook"
CONNECT_PATH = "/stripe/connect/webhook"


def create_app(
    settings: Settings,
    *,
    recorder: EventRecorder,
    readiness: Readiness,
    metrics: Metrics,
    log: Log,
    clock: Callable[[], float] = time.time,
) -> ASGIApp:
    """Wires the application.

    Args:
        settings: Limits and signing secrets.
        recorder: Makes events durable.
        readiness: Answers `/readyz`.
        metrics: Counted into, and shown under `/metrics`.
        log: Takes one line per delivery.
        clock: Our time, in seconds since 1970.
    """
    body_reader = BodyReader(settings.body_bytes_max, settings.body_timeout_ms / 1000)

    def endpoint(which: StripeEndpoint, secrets: tuple[SecretStr, ...]) -> WebhookEndpoint:
        return WebhookEndpoint(
            which,
            body_reader=body_reader,
            verifier=SignatureVerifier(
                (secret.get_secret_value().encode() for secret in secrets), settings.tolerance_seconds, clock
            ),
            recorder=recorder,
            metrics=metrics,
            log=log,
            clock=clock,
        )

    async def readyz(_: Request) -> Response:
        trouble = await readiness.trouble()
        if trouble is None:
            return _response(Answer(200, b'{"ready":true}'))
        return _response(failure(503, "not_ready", trouble))

    async def exposition(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    webhooks = {
        PLATFORM_PATH: endpoint(StripeEndpoint.STRIPE_ENDPOINT_PLATFORM, settings.stripe_secrets),
        CONNECT_PATH: endpoint(StripeEndpoint.STRIPE_ENDPOINT_CONNECT, settings.stripe_connect_secrets),
    }
    others = Starlette(
        routes=[
            # Here for the answer to other methods only.
            *(Route(path, webhook, methods=["POST"]) for path, webhook in webhooks.items()),
            Route("/healthz", _healthz),
            Route("/readyz", readyz),
            Route("/metrics", exposition),
        ],
        exception_handlers={HTTPException: _wrong_turn, Exception: _defect},
    )
    # Stripe does not follow redirects: an address with a slash too many is a wrong address.
    others.router.redirect_slashes = False
    return _Application(webhooks, others)


class _Application:
    """Hands webhooks to their endpoint at once, and everything else to Starlette.

    Its router and middlewares would cost a webhook as much as proving its signature does.
    """

    def __init__(self, webhooks: Mapping[str, ASGIApp], others: ASGIApp) -> None:
        self._webhooks = webhooks
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        webhook = self._webhooks.get(scope["path"]) if scope.get("method") == "POST" else None
        await (webhook or self._others)(scope, receive, send)


async def _healthz(_: Request) -> Response:
    """Says that the process runs, whatever the state of the payments service."""
    return _response(Answer(200, b'{"alive":true}'))


async def _wrong_turn(request: Request, error: Exception) -> Response:
    """Answers for an address or a method that there is not."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (404, None)
    if status == 405:  # noqa: PLR2004 - HTTP's own name for a wrong method
        answer = failure(status, "method_not_allowed", f"{request.method} is not for this address")
    else:
        answer = failure(status, "not_found", f"no such address; webhooks go to POST {PLATFORM_PATH} or {CONNECT_PATH}")
    response = _response(answer)
    response.headers.update(headers or {})
    return response


async def _defect(_: Request, __: Exception) -> Response:
    """Answers for an error that nobody foresaw; Starlette raises it on, and uvicorn logs it."""
    return _response(defect())


def _response(answer: Answer) -> Response:
    """Turns an answer into Starlette's response."""
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers)
