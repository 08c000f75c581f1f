"""What the gateway has for operators, over ASGI: three addresses, and JSON for every wrong turn.

Deliveries do not come here: their connection hands them to their endpoint (`connection`). Coroutines, messages and
routing of ASGI would cost a delivery more than proving its signature and reading its JSON do.
"""

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhook_gateway.answers import Answer, defect, failure
from webhook_gateway.endpoints import CONNECT_PATH, PLATFORM_PATH
from webhook_gateway.metrics import Metrics
from webhook_gateway.readiness import Readiness


def create_app(*, readiness: Readiness, metrics: Metrics) -> Starlette:
    """Wires the application.

    Args:
        readiness: Answers `/readyz`.
        metrics: Shown under `/metrics`.
    """

    async def readyz(_: Request) -> Response:
        trouble = await readiness.trouble()
        if trouble is None:
            return _response(Answer(200, b'{"ready":true}'))
        return _response(failure(503, "not_ready", trouble))

    async def exposition(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(
        routes=[
            # Here for the answer to other methods only.
            *(Route(path, _past_its_connection, methods=["POST"]) for path in (PLATFORM_PATH, CONNECT_PATH)),
            Route("/healthz", _healthz),
            Route("/readyz", readyz),
            Route("/metrics", exposition),
        ],
        exception_handlers={HTTPException: _wrong_turn, Exception: _defect},
    )
    # Stripe does not follow redirects: an address with a slash too many is a wrong address.
    app.router.redirect_slashes = False
    return app


async def _past_its_connection(_: Request) -> Response:
    """Takes no delivery.

    Raises:
        RuntimeError: Always: this application runs on connections that are not the gateway's own.
    """
    raise RuntimeError("a delivery has come past its connection")


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
