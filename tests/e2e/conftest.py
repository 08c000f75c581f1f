"""Stacks of real programs. One Postgres and one shared stack a test process; a stack of its own for who breaks it."""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from payments_service.storage.embedded import EmbeddedPostgres, create_database, temporary_postgres
from tests.authority import SERVER, Authority
from tests.e2e.caller import Caller, calling
from tests.e2e.programs import run
from tests.e2e.stack import Credentials, Stack

TEMPLATE = "migrated"
_numbers = itertools.count(1)

NewStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPostgres:
    """The server with a database that `payments migrate` has made ready, to be copied."""
    create_database(postgres.postgres_url(), TEMPLATE)
    folder = tmp_path_factory.mktemp("migrate")
    done = run("payments", "migrate", folder=folder, PAYMENTS_DATABASE_URL=postgres.postgres_url(TEMPLATE))
    assert done.returncode == 0, done.stderr
    assert "from empty to " in done.stdout
    return postgres


@pytest.fixture(scope="session")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    folder = tmp_path_factory.mktemp("credentials")
    auth_key = secrets.token_urlsafe(48)

    def output(*command: str) -> str:
        done = run(
            "payments",
            *command,
            folder=folder,
            PAYMENTS_AUTH_KEY=auth_key,
            PAYMENTS_STRIPE_API_BASE="http://127.0.0.1:1",
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    authority = Authority.create(folder / "authority", "the authority")
    return Credentials(
        auth_key=auth_key,
        encryption_key=output("key"),
        token=output("token"),
        gateway_token=output("token", "--scope", "events.ingest"),
        authority=authority,
        server=authority.issue("server", usage=SERVER),
    )


@pytest.fixture(scope="session")
def make_stack(migrated: EmbeddedPostgres, credentials: Credentials) -> Callable[..., Stack]:
    def make(folder: Path, **settings: str) -> Stack:
        name = f"stack_{next(_numbers)}"
        create_database(migrated.postgres_url(), name, template=TEMPLATE)
        return Stack(migrated.postgres_url(name), credentials, folder, **settings)

    return make


@pytest.fixture(scope="session")
def stack(make_stack: NewStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that tests share, and that none of them may break."""
    with make_stack(tmp_path_factory.mktemp("stack")) as shared:
        shared.start()
        yield shared


@pytest.fixture
def new_stack(make_stack: NewStack, tmp_path: Path) -> Iterator[NewStack]:
    """Makes a stack for one test alone, with settings of its own; not started yet."""
    with ExitStack() as stacks:
        yield lambda **settings: stacks.enter_context(make_stack(tmp_path, **settings))


@pytest.fixture
async def caller(stack: Stack) -> AsyncIterator[Caller]:
    """A backend that calls the shared stack."""
    async with calling(stack.target, stack.token, stack.ca_file) as one:
        yield one
