"""The stack of the end-to-end tests, and the official Stripe CLI pointed at its sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.stripe_cli import StripeCli
from tests.e2e.conftest import NewStack, caller, credentials, make_stack, migrated, postgres
from tests.e2e.stack import Stack

# Fixtures that are the same here.
__all__ = ["caller", "credentials", "make_stack", "migrated", "postgres"]


@pytest.fixture(scope="module")
def stack(make_stack: NewStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack for each module, whose customers dispute at once: the CLI looks for the dispute right after it."""
    with make_stack(tmp_path_factory.mktemp("stack")) as shared:
        shared.sandbox["SANDBOX_DISPUTE_DELAY_MS"] = "0"
        shared.start()
        yield shared


@pytest.fixture
def cli(stack: Stack, tmp_path: Path) -> StripeCli:
    return StripeCli(stack.stripe.base, home=tmp_path)


@pytest.fixture
async def receiver(stack: Stack) -> str:
    """A connected account that can receive transfers."""
    listed = await stack.stripe.get("/v1/accounts")
    able = [account["id"] for account in listed["data"] if account["capabilities"].get("transfers") == "active"]
    if able:
        return str(able[0])
    account = await stack.stripe.post("/v1/accounts", type="express", country="US")
    await stack.stripe.control(f"/accounts/{account['id']}/complete_onboarding")
    return str(account["id"])
