"""A server with the ledger's RPCs and nothing of Stripe, and a teller to call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from pydantic import SecretStr

from payments_service.bootstrap import Core, ServerApplication
from payments_service.config import Settings, load_settings
from payments_service.storage.cipher import new_key
from payments_service.transport.server import Server
from tests.integration.payments_service.application.ledger.teller import Teller


def bank_settings(database_url: str, **overrides: object) -> Settings:
    """Settings of a server on a free port that never meets Stripe."""
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "stripe_api_key": SecretStr("sk_test_nobody"),
        "stripe_api_base": "http://127.0.0.1:1",
        "encryption_keys": new_key("test"),
        "auth_key": SecretStr("a shared key of at least thirty-two bytes"),
        "grpc_address": "127.0.0.1:0",
        "metrics_address": "",
    }
    return load_settings({}, **values | overrides)


@asynccontextmanager
async def open_bank(settings: Settings) -> AsyncIterator[Teller]:
    """Serve until left, with a channel to the server."""
    core = Core(settings, "test")
    server = Server(settings, ServerApplication(core))
    address = await server.start()
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Teller(settings, core, channel, address=address)
    finally:
        await server.drain()
