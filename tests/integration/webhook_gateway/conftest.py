"""A payments double and a gateway in front of it, fresh for every test."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.integration.webhook_gateway.harness import PaymentsDouble, RunningGateway, make_settings, run_gateway


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("GATEWAY_")]:
        monkeypatch.delenv(name)


@pytest.fixture
async def payments() -> AsyncIterator[PaymentsDouble]:
    double = PaymentsDouble()
    await double.start()
    yield double
    if double.pause is not None:
        double.pause.set()
    await double.stop()


@pytest.fixture
async def gateway(payments: PaymentsDouble) -> AsyncIterator[RunningGateway]:
    async with run_gateway(make_settings(payments.address)) as running:
        yield running
