"""An office for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.payments_service.application.outbox.office import Office, open_office


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as office:
        yield office
