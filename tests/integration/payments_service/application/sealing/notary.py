"""A ledger with a sequencer and a sealer that work when a test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.sealing.keys import SealKeys, new_seal_key
from payments_service.application.sealing.sealer import Sealer
from payments_service.application.sequencing.sequencer import Sequencer
from payments_service.config import Settings
from payments_service.storage.cipher import Cipher, new_key
from payments_service.storage.engine import create_engine
from payments_service.storage.unit_of_work import PostgresTransactions
from tests.integration.payments_service.storage.ledger.harness import post, spec, transfer

KEY, PUBLIC = new_seal_key("test")


@dataclass
class Notary:
    """The ledger's proof on a database of its own."""

    url: str
    engine: AsyncEngine
    transactions: PostgresTransactions
    keys: SealKeys

    async def number(self) -> int:
        return await Sequencer(self.transactions).run_once()

    async def seal(self) -> int:
        return await Sealer(self.transactions, self.keys).run_once()

    async def transfer(self, amount: int = 100, **fields: Any) -> Any:
        """Post one transaction between two accounts."""
        request = transfer(spec("a"), spec("b"), amount, **fields)
        [outcome] = await post(self.engine, request)
        return outcome

    def tamper(self, statement: str, *values: object) -> None:
        """Change the books as the superuser."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode(), values)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement.encode(), values).fetchall()


@asynccontextmanager
async def open_notary(url: str, settings: Settings) -> AsyncIterator[Notary]:
    engine = create_engine(settings, url)
    yield Notary(url, engine, PostgresTransactions(engine, Cipher([new_key("test")])), SealKeys([KEY]))
    await engine.dispose()
