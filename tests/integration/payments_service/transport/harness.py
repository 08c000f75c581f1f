"""A real server on a free port with handlers of the tests' own, and what is needed to call it.

Imported by its full name: the repository's root is on the path of the installed project.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from payments_api.v1 import ledger_service_pb2, payment_service_pb2

from payments_service.config import Settings, load_settings
from payments_service.observability.logging import configure_logging, flush_lines
from payments_service.transport.call import Call
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token
from payments_service.transport.handler_table import service_descriptor
from payments_service.transport.methods import Method, methods_of
from payments_service.transport.server import Server
from payments_service.transport.status import DETAILS_KEY
from tests.authority import Issued

KEY = "a shared key of at least thirty-two bytes"
SERVICES = (
    "payments_api.v1.PaymentService",
    "payments_api.v1.EventService",
    "payments_api.v1.FeeService",
    "payments_api.v1.LedgerService",
    "payments_api.v1.ReportingService",
    "payments_api.internal.v1.StripeEventService",
)
METHODS = methods_of([service_descriptor(name) for name in SERVICES])
GET_BALANCE = next(method for method in METHODS if method.name == "GetBalance")
CREATE_PAYMENT = next(method for method in METHODS if method.name == "CreatePayment")
BALANCE_REQUEST = ledger_service_pb2.GetBalanceRequest(code="stripe:usd")
WAIT_SECONDS = 15.0

Answer = Callable[[Any, Call], Awaitable[Message]]


def handlers_for(service: str, answers: Mapping[str, Answer]) -> object:
    """A handler object for a whole service: the given answers, and an empty reply for every other method."""

    def member(method: Method) -> Callable[..., Awaitable[Message]]:
        async def empty(*_: object) -> Message:
            return method.response_class()

        async def given(_self: object, request: object, call: Call) -> Message:
            return await answers[method.full_name](request, call)

        return given if method.full_name in answers else empty

    methods = methods_of([service_descriptor(service)])
    return type("Handlers", (), {method.handler_name: member(method) for method in methods})()


class TestApplication:
    """An application of handlers, whose health and shutdown tests can see and steer."""

    __test__ = False

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.services = {name: handlers_for(name, answers or {}) for name in SERVICES}
        self.healthy = True
        self.drained = 0
        self.closed = 0

    async def probe(self) -> bool:
        return self.healthy

    def drain(self) -> None:
        self.drained += 1

    async def close(self) -> None:
        self.closed += 1


def make_settings(**overrides: object) -> Settings:
    """Settings for a server on a free port, for the sandbox."""
    defaults: dict[str, object] = {
        "grpc_address": "127.0.0.1:0",
        "metrics_address": "",
        "auth_key": KEY,
        "stripe_api_base": "http://127.0.0.1:1",
        "grpc_drain_seconds": 10,
    }
    return load_settings({}, **defaults | overrides)


def raw_method(channel: grpc.aio.Channel, path: str) -> "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]":
    """A method that takes and gives bytes as they are."""
    return channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)


@dataclass
class Running:
    """A server that answers, and a channel to it."""

    settings: Settings
    application: TestApplication
    server: Server
    channel: grpc.aio.Channel
    logs: io.BytesIO = field(default_factory=io.BytesIO)

    def token(self, scopes: Iterable[str] = (*DEVELOPMENT_SCOPES, "events.ingest"), subject: str = "tester") -> str:
        return mint_development_token(self.settings, subject=subject, scopes=scopes)

    def call(
        self,
        method: Method = GET_BALANCE,
        request: Message | bytes = BALANCE_REQUEST,
        *,
        token: str | None = "",
        metadata: Iterable[tuple[str, str]] = (),
        timeout: float | None = None,
    ) -> "grpc.aio.UnaryUnaryCall[bytes, bytes]":
        """Start a call with bytes as they are; an empty token means a good one, None means none."""
        bearer = self.token() if token == "" else token
        sent = (*metadata, *([("authorization", f"Bearer {bearer}")] if bearer is not None else []))
        raw = request if isinstance(request, bytes) else request.SerializeToString()
        stub = raw_method(self.channel, f"/{method.full_name}")
        return stub(raw, metadata=sent, timeout=timeout)

    async def failure(self, *arguments: Any, **named: Any) -> "Failed":
        """Call and expect an error."""
        try:
            await self.call(*arguments, **named)
        except grpc.aio.AioRpcError as error:
            return Failed.of(error)
        raise AssertionError("the call succeeded")

    def over(self, channel: grpc.aio.Channel) -> "Running":
        """The same server, called over another channel."""
        return replace(self, channel=channel)

    def log_lines(self, event: str = "call") -> list[dict[str, Any]]:
        flush_lines()
        return [line for line in map(json.loads, self.logs.getvalue().splitlines()) if line["event"] == event]


@dataclass
class Failed:
    """An error as a client receives it."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    violations: dict[str, str]
    retry_after_ms: int | None
    trailing: dict[str, str | bytes]

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> "Failed":
        trailing = dict(error.trailing_metadata() or ())
        status = status_pb2.Status.FromString(trailing[DETAILS_KEY])
        assert status.message == error.details()
        assert status.code == error.code().value[0]
        found: dict[str, Any] = {}
        for packed in status.details:
            name = packed.type_url.rpartition("google.rpc.")[2]
            assert name not in found, "one detail of a kind"
            found[name] = getattr(error_details_pb2, name)()
            packed.Unpack(found[name])
        info = found["ErrorInfo"]
        assert info.domain == "payments_api"
        bad_request = found.get("BadRequest")
        retry = found.get("RetryInfo")
        return cls(
            error.code(),
            error.details() or "",
            info.reason,
            dict(info.metadata),
            {each.field: each.description for each in bad_request.field_violations} if bad_request else {},
            retry.retry_delay.ToMilliseconds() if retry else None,
            trailing,
        )


def connected(address: str, ca_file: Path | None = None, client: Issued | None = None) -> grpc.aio.Channel:
    """A channel with connections of its own, over TLS when there is an authority to check the server against."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    if ca_file is None:
        return grpc.aio.insecure_channel(address, options)
    key, chain = (client.key.read_bytes(), client.certificate.read_bytes()) if client else (None, None)
    credentials = grpc.ssl_channel_credentials(ca_file.read_bytes(), key, chain)
    return grpc.aio.secure_channel(address, credentials, options)


@asynccontextmanager
async def serving(answers: Mapping[str, Answer] | None = None, /, **overrides: object) -> AsyncIterator[Running]:
    """A server that answers with `answers` by full method name, drained in the end."""
    logs = io.BytesIO()
    configure_logging("info", logs)
    settings = make_settings(**overrides)
    application = TestApplication(answers)
    server = Server(settings, application)
    address = await server.start()
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await server.health.serving.wait()
        async with connected(address, settings.tls_ca_file) as channel:
            yield Running(settings, application, server, channel, logs)
    finally:
        async with asyncio.timeout(WAIT_SECONDS):
            await server.drain()


def good_payment() -> payment_service_pb2.CreatePaymentRequest:
    """A CreatePayment request that breaks no rule."""
    request = payment_service_pb2.CreatePaymentRequest(idempotency_key="key-1")
    request.amount.amount_minor = 2_500
    request.amount.currency_code = "usd"
    return request


async def until(condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is another process's, or hidden
            await asyncio.sleep(0.01)
