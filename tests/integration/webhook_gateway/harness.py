"""A gateway on a free port, in front of a payments service that only remembers what it was asked to record.

Imported by its full name: the repository's root is on the path of the installed project.
"""

import asyncio
import hashlib
import hmac
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
import orjson
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # it ships no types
from payments_api.internal.v1.stripe_event_service_pb2 import (
    EVENT_RECORDING_DUPLICATE,
    EVENT_RECORDING_RECORDED,
    RecordEventGroupsRequest,
    RecordEventGroupsResponse,
    RecordEventRequest,
    RecordEventResponse,
    RecordEventsItem,
    RecordEventsRequest,
    RecordEventsResponse,
    RecordEventsResult,
)
from payments_api.internal.v1.stripe_event_service_pb2_grpc import (
    StripeEventServiceServicer,
    add_StripeEventServiceServicer_to_server,
)
from pydantic import SecretStr

from webhook_gateway.address import Address, parse_address
from webhook_gateway.lifecycle import Gateway
from webhook_gateway.logs import open_log
from webhook_gateway.metrics import Metrics
from webhook_gateway.settings import Settings

PLATFORM_SECRETS = ("whsec_platform_new", "whsec_platform_old")
CONNECT_SECRET = "whsec_connect"
PATIENCE_S = 20.0

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class PaymentsDouble(StripeEventServiceServicer):
    """The payments service as the gateway sees it: records what it gets, and fails when told to."""

    requests: list[RecordEventsItem] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    streamed: list[int] = field(default_factory=list)
    streams: int = 0
    streams_opened: int = 0
    knows_streams: bool = True
    end_streams: bool = False
    metadata: list[dict[str, str]] = field(default_factory=list)
    failure: grpc.StatusCode | None = None
    poison: str = ""
    answer: Callable[[RecordEventsRequest], RecordEventsResponse] | None = None
    pause: asyncio.Event | None = None
    health: int = health_pb2.HealthCheckResponse.SERVING
    health_checks: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _server: grpc.aio.Server | None = None
    address: str = "127.0.0.1:0"

    async def RecordEvent(  # noqa: N802 - gRPC's name
        self, _: RecordEventRequest, __: Context
    ) -> RecordEventResponse:
        raise AssertionError("the gateway sends groups, also of one")

    async def RecordEvents(  # noqa: N802 - gRPC's name
        self, request: RecordEventsRequest, context: Context
    ) -> RecordEventsResponse:
        self.requests.extend(request.items)
        self.groups.append(len(request.items))
        self.metadata.append({key: str(value) for key, value in context.invocation_metadata() or ()})
        if self.pause is not None:
            await self.pause.wait()
        if self.failure is not None:
            await context.abort(self.failure, "as told")
        if any(item.envelope.event_id == self.poison for item in request.items):
            await context.abort(grpc.StatusCode.INTERNAL, "poisoned")
        if self.answer is not None:
            return self.answer(request)
        return RecordEventsResponse(results=[self._record(item) for item in request.items])

    async def RecordEventGroups(  # type: ignore[override]  # noqa: N802 - gRPC's name; its types know no reads and writes
        self, _: object, context: grpc.aio.ServicerContext[RecordEventGroupsRequest, RecordEventGroupsResponse]
    ) -> None:
        self.streams_opened += 1
        if not self.knows_streams:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this service is older")
        self.streams += 1
        try:
            while isinstance(request := await context.read(), RecordEventGroupsRequest):
                self.streamed.append(len(request.items))
                if self.end_streams:
                    return  # as a service that stops
                response = await self.RecordEvents(RecordEventsRequest(items=request.items), context)
                await context.write(RecordEventGroupsResponse(results=response.results))
        finally:
            self.streams -= 1

    def _record(self, item: RecordEventsItem) -> RecordEventsResult:
        duplicate = item.envelope.event_id in self._seen
        self._seen.add(item.envelope.event_id)
        return RecordEventsResult(recording=EVENT_RECORDING_DUPLICATE if duplicate else EVENT_RECORDING_RECORDED)

    async def Check(  # noqa: N802 - gRPC's name
        self, request: health_pb2.HealthCheckRequest, _: Context
    ) -> health_pb2.HealthCheckResponse:
        self.health_checks.append(request.service)
        return health_pb2.HealthCheckResponse(status=self.health)

    async def start(self, credentials: grpc.ServerCredentials | None = None) -> None:
        """Listens; on the same port again after a stop."""
        server = grpc.aio.server()
        add_StripeEventServiceServicer_to_server(self, server)
        health_pb2_grpc.add_HealthServicer_to_server(_Health(self), server)
        if credentials is None:
            port = server.add_insecure_port(self.address)
        else:
            port = server.add_secure_port(self.address, credentials)
        self.address = f"127.0.0.1:{port}"
        await server.start()
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)
            self._server = None


class _Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpcio-health-checking ships no types
    """Hands health checks to the double."""

    def __init__(self, double: PaymentsDouble) -> None:
        self.Check = double.Check


@dataclass
class RunningGateway:
    """A gateway under test, and what one does with it."""

    address: str
    client: httpx.AsyncClient
    metrics: Metrics
    log_stream: io.BytesIO
    gateway: Gateway
    task: asyncio.Task[None]

    async def deliver(
        self,
        body: bytes,
        *,
        secret: str = PLATFORM_SECRETS[0],
        connect: bool = False,
        offset_s: int = 0,
        **headers: str,
    ) -> httpx.Response:
        """Delivers a signed body as Stripe does."""
        path = "/stripe/connect/webhook" if connect else "/stripe/webhook"
        signed = {"stripe-signature": sign(body, secret, offset_s)}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, content=body, headers=signed | named)

    async def raw(self, request: bytes, *, half_close: bool = False) -> bytes:
        """Sends bytes over a connection of their own and returns all that comes back."""
        reader, writer = await asyncio.open_connection(*self.address.rsplit(":", 1))
        try:
            writer.write(request)
            if half_close:
                writer.write_eof()
            async with asyncio.timeout(PATIENCE_S):
                return await reader.read()
        finally:
            writer.close()

    def count(self, name: str, **labels: str) -> float:
        """Returns a metric's value, 0 before it was first counted."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def lines(self) -> list[dict[str, object]]:
        """Returns what was logged so far."""
        return [orjson.loads(line) for line in self.log_stream.getvalue().splitlines()]


def sign(body: bytes, secret: str = PLATFORM_SECRETS[0], offset_s: int = 0) -> str:
    timestamp = int(time.time()) + offset_s
    signature = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signature}"


def event(event_id: str = "evt_1", **more: object) -> bytes:
    content = {"id": "pi_1", "object": "payment_intent", "latest_charge": "ch_1", "description": "Jenny Rosen"}
    return orjson.dumps(
        {"id": event_id, "type": "payment_intent.succeeded", "created": int(time.time()), "data": {"object": content}}
        | more
    )


def make_settings(target: str, **changes: object) -> Settings:
    values: dict[str, object] = {
        "address": Address("127.0.0.1", 0),
        "stripe_secrets": tuple(SecretStr(secret) for secret in PLATFORM_SECRETS),
        "stripe_connect_secrets": (SecretStr(CONNECT_SECRET),),
        "payments_target": parse_address(target),
        "payments_token": SecretStr("tok_gateway"),
        "log_level": "info",
    }
    return Settings(**values | changes)  # type: ignore[arg-type]  # each value is of its field's type


@asynccontextmanager
async def run_gateway(settings: Settings) -> AsyncIterator[RunningGateway]:
    """Runs a real gateway, uvicorn and all, on a free port until the block ends."""
    metrics, stream = Metrics(), io.BytesIO()
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    gateway = Gateway(settings, metrics, open_log(settings.log_level, metrics.log_lines_lost, stream), ready.set_result)
    task = asyncio.create_task(gateway.run())
    await until(lambda: ready.done() or task.done())
    if task.done():
        await task
    address = str(ready.result())
    try:
        async with httpx.AsyncClient(
            base_url=f"http://{address}", timeout=PATIENCE_S, trust_env=False, verify=False
        ) as client:
            yield RunningGateway(address, client, metrics, stream, gateway, task)
    finally:
        gateway.stop()
        async with asyncio.timeout(PATIENCE_S):
            await task


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Waits for a condition, and fails when it does not come."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.01)
