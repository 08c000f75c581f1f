"""A real Postgres for whoever asks: one server a test process, and a migrated database as new for every test."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.config import Settings, load_settings
from payments_service.storage.embedded import EmbeddedPostgres, create_database, drop_database, temporary_postgres
from payments_service.storage.engine import create_engine
from payments_service.storage.migrate import migrate
from tests.integration.databases import Databases

TEMPLATE = "migrated"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A server of this test process alone."""
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The service's settings with nothing set."""
    return load_settings({})


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres, settings: Settings) -> str:
    """Name of a migrated database, to be copied and otherwise left alone."""
    create_database(postgres.address.url(), TEMPLATE)
    migrate(postgres.address.url(TEMPLATE), settings.database_role)
    return TEMPLATE


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres, migrated: str) -> Databases:
    """Migrated databases of that server."""
    return Databases(postgres, migrated)


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """URL, as the superuser, of a database without tables, for one test."""
    name = f"empty_{next(_numbers)}"
    create_database(postgres.address.url(), name)
    yield postgres.address.url(name)
    drop_database(postgres.address.url(), name)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, databases: Databases) -> Iterator[str]:
    """URL, as the superuser, of a migrated database for one test."""
    name = databases.take()
    yield postgres.address.url(name)
    databases.give_back(name)


@pytest.fixture
async def engine(database_url: str, settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The service's engine on a migrated database: its sessions run as the restricted role."""
    engine = create_engine(settings, database_url)
    yield engine
    await engine.dispose()
