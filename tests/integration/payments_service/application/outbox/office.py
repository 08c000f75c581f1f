"""The outbox as other backends meet it: real Postgres, a real gRPC server, and writers of the tests' own.

The sequencer runs when a test says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from payments_api.v1 import event_service_pb2, event_service_pb2_grpc
from pydantic import SecretStr
from sqlalchemy import text

from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.bootstrap import Core, ServerApplication
from payments_service.config import Settings, load_settings
from payments_service.domain.outbox import EventType, OutboxEvent
from payments_service.storage.cipher import new_key
from payments_service.transport.development_token import DEVELOPMENT_SCOPES, mint_development_token
from payments_service.transport.server import Server

Response = event_service_pb2.PullEventsResponse
FROM_NOW = event_service_pb2.EVENT_START_FROM_NOW
LONGEST_WAIT: dict[str, int] = {"seconds": 30}


def office_settings(database_url: str, **overrides: object) -> Settings:
    """Settings of a service that never calls Stripe."""
    defaults: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "stripe_api_key": SecretStr("sk_test_unused"),
        "stripe_api_base": "http://127.0.0.1:1",
        "encryption_keys": new_key("test"),
        "auth_key": SecretStr("a shared key of at least thirty-two bytes"),
        "grpc_address": "127.0.0.1:0",
        "metrics_address": "",
        "outbox_poll_ms": 10,
    }
    return load_settings({}, **defaults | overrides)


def an_event(resource_id: str = "pay_1", **changes: Any) -> OutboxEvent:
    """A payment that succeeded, unless told otherwise."""
    values: dict[str, Any] = {
        "type": EventType.PAYMENT_SUCCEEDED,
        "owner_id": "user_1",
        "resource_id": resource_id,
        "state": "SUCCEEDED",
        "livemode": False,
    }
    return OutboxEvent(**(values | changes))


@dataclass
class Office:
    """A server that answers, and the tables behind it."""

    settings: Settings
    core: Core
    application: ServerApplication
    server: Server
    stub: Any

    def as_caller(self, owner_ids: Iterable[str] | None = None) -> list[tuple[str, str]]:
        token = mint_development_token(
            self.settings, subject="warehouse", scopes=DEVELOPMENT_SCOPES, owner_ids=owner_ids
        )
        return [("authorization", f"Bearer {token}")]

    def call(
        self, owner_ids: Iterable[str] | None = None, timeout: float | None = 60, **fields: Any
    ) -> "grpc.aio.UnaryUnaryCall[Any, Response]":
        """Start a call."""
        request = event_service_pb2.PullEventsRequest(**fields)
        started: grpc.aio.UnaryUnaryCall[Any, Response] = self.stub.PullEvents(
            request, metadata=self.as_caller(owner_ids), timeout=timeout
        )
        return started

    async def pull(self, owner_ids: Iterable[str] | None = None, **fields: Any) -> Response:
        """Call and get the reply."""
        return await self.call(owner_ids, **fields)

    async def write(self, *events: OutboxEvent) -> None:
        """Commit events in one transaction."""
        await self.core.transactions.run(lambda unit: unit.outbox.add(events))

    async def number(self) -> int:
        """One round of the sequencer."""
        return await Sequencer(self.core.transactions).run_once()

    async def publish(self, *events: OutboxEvent) -> None:
        """Commit events and number them."""
        await self.write(*events)
        assert await self.number() == len(events)

    async def sql(self, statement: str, **values: object) -> list[Any]:
        """Rows of a statement, as the service's own role."""
        async with self.core.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self.application._feed._waiters)

    @property
    def in_progress(self) -> int:
        """How many calls count for load shedding."""
        return self.server._load_shed.in_flight


@asynccontextmanager
async def open_office(database_url: str, **overrides: object) -> AsyncIterator[Office]:
    """An office, drained in the end."""
    settings = office_settings(database_url, **overrides)
    core = Core(settings, "test")
    application = ServerApplication(core)
    server = Server(settings, application)
    address = await server.start()
    # A probe that is cut off while it connects would leave a half-open session, which DROP DATABASE waits for.
    async with asyncio.timeout(15):
        await server.health.serving.wait()
    async with grpc.aio.insecure_channel(address) as channel:
        yield Office(settings, core, application, server, event_service_pb2_grpc.EventServiceStub(channel))
    await server.drain()


def resources(reply: Response) -> list[str]:
    """Which resources a reply is about, in its order."""
    return [event.resource_id for event in reply.events]


async def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what it looks at tells nobody when it changes
            await asyncio.sleep(0.005)


def names(count: int, prefix: str = "pay") -> Sequence[str]:
    """Ids of so many resources."""
    return [f"{prefix}_{number}" for number in range(count)]
