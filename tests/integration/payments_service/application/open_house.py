"""Opening and closing a house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from pydantic import SecretStr

from payments_service.bootstrap import Core, ServerApplication
from payments_service.config import load_settings
from payments_service.storage.cipher import new_key
from payments_service.transport.server import Server
from stripe_sandbox.runner import SandboxServer
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings
from tests.integration.payments_service.application.house import House


@asynccontextmanager
async def open_house(
    database_url: str, sandbox_settings: SandboxSettings | None, **changes: Any
) -> AsyncIterator[House]:
    """A house on a migrated database, with a Stripe of its own; `changes` are settings of the service."""
    async with SandboxServer(sandbox_settings) as sandbox:
        settings = load_settings(
            {},
            database_url=SecretStr(database_url),
            stripe_api_key=SecretStr(DEFAULT_API_KEY),
            stripe_api_base=sandbox.url,
            stripe_timeout_ms=5000,
            stripe_attempts_max=1,
            stripe_page_size=3,
            encryption_keys=new_key("test"),
            auth_key=SecretStr("a shared key of at least thirty-two bytes"),
            grpc_address="127.0.0.1:0",
            metrics_address="",
            event_attempts_max=3,
            event_poll_grace_seconds=0,
            **changes,
        )
        core = Core(settings, "test")
        server = Server(settings, ServerApplication(core))
        address = await server.start()
        async with grpc.aio.insecure_channel(address) as channel:
            yield House(settings, core, channel, sandbox, DEFAULT_API_KEY)
        await server.drain()
