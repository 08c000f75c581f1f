"""A teller for each test: the ledger's RPCs and nothing of Stripe."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.payments_service.application.ledger.bank import bank_settings, open_bank
from tests.integration.payments_service.application.ledger.teller import Teller


@pytest.fixture
async def teller(database_url: str) -> AsyncIterator[Teller]:
    async with open_bank(bank_settings(database_url)) as teller:
        yield teller
