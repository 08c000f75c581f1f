"""The composition root: puts the sandbox together as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from stripe_sandbox.access_log import make_log
from stripe_sandbox.control.routes import control_routes
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.faults.plan import FaultPlan
from stripe_sandbox.http.api import StripeApi
from stripe_sandbox.http.dated import Dated
from stripe_sandbox.http.errors import server_error
from stripe_sandbox.http.idempotency import IdempotencyKeys
from stripe_sandbox.http.reply import reply_to
from stripe_sandbox.settings import SandboxSettings
from stripe_sandbox.state.world import World
from stripe_sandbox.ticker import Ticker
from stripe_sandbox.webhooks.dispatcher import Dispatcher


def create_app(settings: SandboxSettings | None = None) -> Starlette:
    """The sandbox as an application; its state lives and dies with it.

    Webhooks and the clock run while the application's lifespan is open. Cut connections need the server of
    `stripe_sandbox.runner`; all else runs on any ASGI server.
    """
    chosen = settings or SandboxSettings()
    log = make_log(chosen.log_level)
    world = World(chosen)
    faults = FaultPlan(chosen.seed)
    dispatcher = Dispatcher(world, faults, log)
    keys = IdempotencyKeys(chosen.idempotency_ttl_s)
    ticker = Ticker(world.scheduler, log)
    sandbox = Sandbox(world, dispatcher, faults, keys)
    sandbox.restore_configuration()

    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected", path=request.url.path, exc_info=error)
        failure = reply_to(server_error(executed=True))
        return Response(failure.body, failure.status, media_type="application/json")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await dispatcher.start()
        ticker.start()
        yield
        await ticker.stop()
        await dispatcher.stop()

    return Starlette(
        routes=[
            Route("/healthz", _health),
            Mount("/_sandbox", routes=control_routes(sandbox)),
            Mount("/", app=StripeApi(world, keys, faults, log)),
        ],
        lifespan=lifespan,
        middleware=[Middleware(Dated, clock=world.clock)],
        exception_handlers={Exception: unexpected},
    )


async def _health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})
