"""Tokens for trying things out, made by the service itself (`payments token`, `payments up`).

They carry a claim that marks them, and are accepted only while the service listens on loopback alone and Stripe is the
sandbox: one that finds its way elsewhere opens nothing.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import jwt

from payments_service.config import ConfigurationError, Settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.token_keys import configured_key

CLAIM = "payments_development"
LIFETIME_SECONDS = 86_400
_AREAS = (
    "accounts", "customers", "payments", "refunds", "disputes", "payouts", "wallets", "subscriptions", "ledger",
    "reports", "events",
)  # fmt: skip
DEVELOPMENT_SCOPES = (*(f"{area}.{right}" for area in _AREAS for right in ("read", "write")), "fees.read")
"""What a backend needs. Admin scopes, approvals and `events.ingest` have to be asked for by name."""


def mint_development_token(
    settings: Settings,
    *,
    subject: str = "developer",
    scopes: Iterable[str] = DEVELOPMENT_SCOPES,
    owner_ids: Iterable[str] | None = None,
    lifetime_seconds: int = LIFETIME_SECONDS,
) -> str:
    """A token signed with the shared key of the settings.

    Args:
        settings: of the service that shall accept it.
        subject: who it speaks for.
        scopes: what it may do.
        owner_ids: whom it acts for; None: everybody, as a backend.
        lifetime_seconds: from now.

    Raises:
        ConfigurationError: the service would not accept it: its key is not a shared one, it does not listen on loopback
            alone, or it does not use the sandbox.
    """
    if settings.auth_jwks_url:
        raise ConfigurationError("PAYMENTS_AUTH_JWKS_URL: tokens come from the identity provider, not from here")
    key = configured_key(settings)
    if key.algorithm != "HS256" or not isinstance(key.key, str):
        raise ConfigurationError("PAYMENTS_AUTH_KEY: is a public key: only its owner can sign tokens")
    if problem := _not_for_development(settings):
        raise ConfigurationError(problem)
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": settings.auth_issuer,
        "aud": settings.auth_audience,
        "sub": subject,
        "iat": now,
        "exp": now + lifetime_seconds,
        CLAIM: True,
        settings.auth_scope_claim: " ".join(sorted(scopes)),
    }
    if owner_ids is not None:
        claims[settings.auth_owner_claim] = sorted(owner_ids)
    return jwt.encode(claims, key.key, algorithm="HS256")


def refuse_outside_development(claims: Mapping[str, Any], settings: Settings) -> None:
    """Stop a development token where money could be real.

    Raises:
        PaymentsError: TOKEN_INVALID.
    """
    if CLAIM in claims and _not_for_development(settings):
        raise PaymentsError(
            Reason.TOKEN_INVALID,
            "the token is not accepted: development tokens work on loopback and with the sandbox only",
        )


def _not_for_development(settings: Settings) -> str | None:
    if not settings.grpc_is_loopback:
        addresses = " ".join(address for address in (settings.grpc_address, settings.grpc_mtls_address) if address)
        return f"PAYMENTS_GRPC_ADDRESS: {addresses} is not loopback: development tokens work there only"
    if not settings.stripe_is_sandbox:
        return "PAYMENTS_STRIPE_API_BASE: is not the sandbox's: development tokens work with it only"
    return None
