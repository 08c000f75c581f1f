"""A house for each test."""

from collections.abc import AsyncIterator

import pytest

from stripe_sandbox.settings import SandboxSettings
from tests.integration.payments_service.application.house import House
from tests.integration.payments_service.application.open_house import open_house


@pytest.fixture
def sandbox_settings() -> SandboxSettings | None:
    """Stripe as it is unless a module says otherwise."""
    return None


@pytest.fixture
async def house(database_url: str, sandbox_settings: SandboxSettings | None) -> AsyncIterator[House]:
    async with open_house(database_url, sandbox_settings) as house:
        yield house
