"""From a bearer token to the principal it speaks for.

Verifying a signature costs more than a whole no-op call, so verified tokens are remembered for a short time, by their
hash and never past their expiry.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuedAtError,
    InvalidIssuerError,
    InvalidSignatureError,
    InvalidTokenError,
    MissingRequiredClaimError,
    PyJWTError,
)

from payments_service.application.caller import Principal
from payments_service.config import ConfigurationError, Settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.claims import principal_from
from payments_service.transport.development_token import refuse_outside_development
from payments_service.transport.jwks import JwksKeys
from payments_service.transport.token_keys import KeySource, SingleKey, VerificationKey, configured_key

LEEWAY_SECONDS = 30
REMEMBERED_SECONDS = 60.0
REMEMBERED_MAX = 10_000
TOKEN_LENGTH_MAX = 8_192

_WHY: tuple[tuple[type[PyJWTError], str], ...] = (
    (ExpiredSignatureError, "it has expired: get a new one"),
    (ImmatureSignatureError, "it is not valid yet: compare the clocks"),
    (InvalidIssuedAtError, "its iat is not a time in the past: compare the clocks"),
    (InvalidAudienceError, "its audience (aud) is not this service's"),
    (InvalidIssuerError, "its issuer (iss) is not the one trusted here"),
    (InvalidAlgorithmError, "its algorithm (alg) is not the one of the key it should be signed with"),
    (InvalidSignatureError, "its signature is not by the key trusted here"),
)


class Authenticator:
    """Verifies tokens as the settings say.

    Raises:
        ConfigurationError: the settings give no key to verify with, or two.
    """

    def __init__(
        self, settings: Settings, keys: KeySource | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._keys = keys or _key_source(settings)
        self._clock = clock
        self._verified: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    async def principal_of(self, token: str) -> Principal:
        """Who the token speaks for.

        Raises:
            PaymentsError: TOKEN_INVALID, saying why without repeating the token.
        """
        if len(token) > TOKEN_LENGTH_MAX:
            raise _invalid(f"it is longer than {TOKEN_LENGTH_MAX} characters")
        name = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now = self._clock()
        known = self._verified.get(name)
        if known is not None:
            if now < known[1]:
                self._verified.move_to_end(name)
                return known[0]
            del self._verified[name]
        claims = await self._verify(token)
        principal = principal_from(claims, self._settings)
        until = min(now + REMEMBERED_SECONDS, float(claims["exp"]))
        if until > now:
            self._verified[name] = (principal, until)
            if len(self._verified) > REMEMBERED_MAX:
                self._verified.popitem(last=False)
        return principal

    async def _verify(self, token: str) -> dict[str, Any]:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except PyJWTError:
            raise _invalid("it is not a JSON Web Token") from None
        key = await self._keys.key_for(key_id)
        if key is None:
            raise _invalid("it is signed with a key (kid) that is not trusted here")
        claims = self._decode(token, key)
        refuse_outside_development(claims, self._settings)
        return claims

    def _decode(self, token: str, key: VerificationKey) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                issuer=self._settings.auth_issuer,
                audience=self._settings.auth_audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "sub"]},
            )
        except MissingRequiredClaimError as error:
            raise _invalid(f"it lacks the claim {error.claim}") from None
        except InvalidTokenError as error:
            raise _invalid(next((why for kind, why in _WHY if isinstance(error, kind)), "it is malformed")) from None


def _key_source(settings: Settings) -> KeySource:
    if settings.auth_jwks_url and settings.auth_key:
        raise ConfigurationError("PAYMENTS_AUTH_KEY: leave it out when PAYMENTS_AUTH_JWKS_URL is set, or the reverse")
    return JwksKeys(settings) if settings.auth_jwks_url else SingleKey(configured_key(settings))


def _invalid(why: str) -> PaymentsError:
    return PaymentsError(Reason.TOKEN_INVALID, f"the token is not accepted: {why}")
