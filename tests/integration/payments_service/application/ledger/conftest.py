"""A teller for each test: the ledger's RPCs and nothing of Stripe."""

from collections.abc import AsyncIterator

import grpc
import pytest
from pydantic import SecretStr

from payments_service.bootstrap import Core, ServerApplication
from payments_service.config import load_settings
from payments_service.storage.cipher import new_key
from payments_service.transport.server import Server
from tests.integration.payments_service.application.ledger.teller import Teller


@pytest.fixture
async def teller(database_url: str) -> AsyncIterator[Teller]:
    settings = load_settings(
        {},
        database_url=SecretStr(database_url),
        stripe_api_key=SecretStr("sk_test_nobody"),
        stripe_api_base="http://127.0.0.1:1",
        encryption_keys=new_key("test"),
        auth_key=SecretStr("a shared key of at least thirty-two bytes"),
        grpc_address="127.0.0.1:0",
        metrics_address="",
    )
    core = Core(settings, "test")
    server = Server(settings, ServerApplication(core))
    address = await server.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield Teller(settings, core, channel)
    await server.drain()
