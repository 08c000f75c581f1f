"""Keys that tokens are verified with, each pinned to the one algorithm that fits it.

Pinning is what keeps a public key from being used as a shared secret (RFC 8725, section 2.1): the algorithm comes from
the key and the settings, never from the token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from payments_service.config import ConfigurationError, Settings

SHARED_KEY_BYTES_MIN = 32
"""A shared key shorter than the hash can be guessed (RFC 7518, section 3.2)."""

RSA_BITS_MIN = 2048
_VARIABLE = "PAYMENTS_AUTH_KEY"


@dataclass(frozen=True, slots=True, repr=False)
class VerificationKey:
    """A key and the only algorithm it may be used with. Has no repr: a shared key is a secret."""

    key: str | RSAPublicKey | EllipticCurvePublicKey
    algorithm: str


class KeySource(Protocol):
    """Where verification keys come from."""

    async def key_for(self, key_id: str | None) -> VerificationKey | None:
        """The key that a token with this `kid` is signed with, or None when there is no such key.

        Raises:
            PaymentsError: TOKEN_INVALID when the keys cannot be had at the moment.
        """


class SingleKey:
    """One key from the settings, whatever `kid` a token names."""

    def __init__(self, key: VerificationKey) -> None:
        self._key = key

    async def key_for(self, key_id: str | None) -> VerificationKey | None:  # noqa: ARG002 - see KeySource
        """The one key."""
        return self._key


def configured_key(settings: Settings) -> VerificationKey:
    """The key of `PAYMENTS_AUTH_KEY`.

    Raises:
        ConfigurationError: there is none, it is too weak, or its algorithm is not accepted.
    """
    text = settings.auth_key.get_secret_value() if settings.auth_key else ""
    if not text:
        raise ConfigurationError(f"{_VARIABLE}: set a shared key or a PEM public key, or PAYMENTS_AUTH_JWKS_URL")
    if "-----BEGIN" in text:
        key = _public_key(text)
    elif len(text.encode()) < SHARED_KEY_BYTES_MIN:
        raise ConfigurationError(f"{_VARIABLE}: a shared key must have at least {SHARED_KEY_BYTES_MIN} bytes")
    else:
        key = VerificationKey(text, "HS256")
    if key.algorithm not in settings.auth_algorithms:
        accepted = ", ".join(settings.auth_algorithms)
        raise ConfigurationError(
            f"{_VARIABLE}: the key is for {key.algorithm}, and PAYMENTS_AUTH_ALGORITHMS accepts {accepted}"
        )
    return key


def pinned(key: object, algorithms: Sequence[str]) -> VerificationKey | None:
    """A public key with its algorithm; None for a kind of key, a size or an algorithm that is not accepted."""
    if isinstance(key, RSAPublicKey) and key.key_size >= RSA_BITS_MIN and "RS256" in algorithms:
        return VerificationKey(key, "RS256")
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) and "ES256" in algorithms:
        return VerificationKey(key, "ES256")
    return None


def _public_key(pem: str) -> VerificationKey:
    if "PRIVATE KEY" in pem:
        raise ConfigurationError(
            f"{_VARIABLE}: is a private key: give the public key, the issuer keeps the private one"
        )
    try:
        key = pinned(load_pem_public_key(pem.encode()), ("RS256", "ES256"))
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{_VARIABLE}: cannot be read as a PEM public key") from None
    if key is None:
        raise ConfigurationError(f"{_VARIABLE}: must be an RSA key of at least {RSA_BITS_MIN} bits or a P-256 key")
    return key
