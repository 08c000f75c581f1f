"""The stack of the end-to-end tests, and the official Stripe CLI pointed at its sandbox."""

from pathlib import Path

import pytest

from tests.contract.stripe_cli import StripeCli
from tests.e2e.conftest import caller, credentials, make_stack, migrated, postgres, stack
from tests.e2e.stack import Stack

# Fixtures that are the same here.
__all__ = ["caller", "credentials", "make_stack", "migrated", "postgres", "stack"]


@pytest.fixture
def cli(stack: Stack, tmp_path: Path) -> StripeCli:
    return StripeCli(stack.stripe.base, home=tmp_path)
