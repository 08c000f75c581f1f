"""Development tokens open a sandbox on loopback, and nothing else."""

import pytest

from payments_service.application.caller import Principal
from payments_service.config import ConfigurationError, Settings, load_settings
from payments_service.domain.errors import PaymentsError
from payments_service.transport.authentication import Authenticator
from payments_service.transport.development_token import mint_development_token

KEY = "a shared key of at least thirty-two bytes"


def settings_with(**overrides: object) -> Settings:
    return load_settings({}, **{"auth_key": KEY, "stripe_api_base": "http://127.0.0.1:12111"} | overrides)


async def test_the_service_accepts_its_own_token() -> None:
    settings = settings_with()
    principal = await Authenticator(settings).principal_of(
        mint_development_token(settings, subject="me", scopes=["ledger.read"], owner_ids=["user-1"])
    )
    assert principal == Principal("me", frozenset({"ledger.read"}), owner_ids=frozenset({"user-1"}))


async def test_no_admin_scope_comes_along_unasked() -> None:
    settings = settings_with()
    scopes = (await Authenticator(settings).principal_of(mint_development_token(settings))).scopes
    assert "payments.write" in scopes
    assert scopes.isdisjoint({"admin.read", "admin.write", "ledger.adjust", "withdrawals.approve", "events.ingest"})


@pytest.mark.parametrize(
    "elsewhere",
    [{"grpc_address": "10.0.0.1:50051"}, {"stripe_api_base": "https://api.stripe.com"}, {"stripe_api_base": None}],
    ids=["beyond loopback", "with Stripe", "with Stripe by default"],
)
async def test_a_token_that_finds_its_way_elsewhere_opens_nothing(elsewhere: dict[str, object]) -> None:
    token = mint_development_token(settings_with())
    with pytest.raises(PaymentsError, match="development tokens work on loopback and with the sandbox only"):
        await Authenticator(settings_with(**elsewhere)).principal_of(token)


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"grpc_address": "10.0.0.1:50051"}, "PAYMENTS_GRPC_ADDRESS: 10.0.0.1:50051 is not loopback"),
        ({"stripe_api_base": None}, "PAYMENTS_STRIPE_API_BASE: is not the sandbox's"),
        ({"auth_key": None, "auth_jwks_url": "https://issuer.example/keys"}, "PAYMENTS_AUTH_JWKS_URL: tokens come"),
    ],
)
def test_no_token_is_made_that_would_be_refused(overrides: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        mint_development_token(settings_with(**overrides))
