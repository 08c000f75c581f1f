"""A notary for each test."""

from collections.abc import AsyncIterator

import pytest

from payments_service.config import Settings
from tests.integration.payments_service.application.sealing.notary import Notary, open_notary


@pytest.fixture
async def notary(database_url: str, settings: Settings) -> AsyncIterator[Notary]:
    async with open_notary(database_url, settings) as notary:
        yield notary
