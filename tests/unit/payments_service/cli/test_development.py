"""Where keys may be made up, and where never."""

import pytest

from payments_service.cli.development import is_development
from payments_service.config import load_settings

SANDBOX = {"PAYMENTS_STRIPE_API_BASE": "http://127.0.0.1:12111"}


def test_a_double_of_stripe_on_this_machine_is_development() -> None:
    assert is_development(load_settings(SANDBOX))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PAYMENTS_STRIPE_API_KEY": "sk_test_1"},
        {"PAYMENTS_STRIPE_API_BASE": "https://stripe.example"},
        SANDBOX | {"PAYMENTS_GRPC_ADDRESS": "0.0.0.0:50051"},
        SANDBOX | {"PAYMENTS_STRIPE_API_KEY": "sk_live_1"},
        SANDBOX | {"PAYMENTS_STRIPE_API_KEY": "rk_live_1"},
    ],
    ids=["nothing set", "Stripe itself", "a host elsewhere", "reachable by others", "live key", "live restricted key"],
)
def test_anything_else_is_not(environment: dict[str, str]) -> None:
    assert not is_development(load_settings(environment))
