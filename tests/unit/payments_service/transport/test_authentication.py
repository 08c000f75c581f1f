"""Tokens: who is let in as whom, and why not."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from payments_service.application.caller import Principal
from payments_service.config import ConfigurationError, Settings, load_settings
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport.authentication import Authenticator
from payments_service.transport.token_keys import VerificationKey

SHARED = "a shared key of at least thirty-two bytes"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def settings_with(**overrides: object) -> Settings:
    return load_settings({}, **{"auth_key": SHARED, "auth_issuer": "issuer", "auth_audience": "payments"} | overrides)


def claims(**changes: object) -> dict[str, Any]:
    standard = {"iss": "issuer", "aud": "payments", "sub": "shop", "exp": int(time.time()) + 300}
    return {key: value for key, value in (standard | changes).items() if value is not None}


def token(payload: Mapping[str, Any] | None = None, key: Any = SHARED, algorithm: str = "HS256") -> str:
    return jwt.encode(dict(payload or claims()), key, algorithm=algorithm)


async def refusal(authenticator: Authenticator, text: str) -> str:
    with pytest.raises(PaymentsError) as refused:
        await authenticator.principal_of(text)
    assert refused.value.reason is Reason.TOKEN_INVALID
    assert text not in refused.value.message
    return refused.value.message


async def test_a_token_speaks_for_its_subject_and_scopes() -> None:
    principal = await Authenticator(settings_with()).principal_of(token(claims(scope="payments.read payments.write")))
    assert principal == Principal("shop", frozenset({"payments.read", "payments.write"}))


@pytest.mark.parametrize(("key", "algorithm"), [(RSA_KEY, "RS256"), (EC_KEY, "ES256")], ids=["RS256", "ES256"])
async def test_public_keys_verify_tokens_of_their_own_algorithm(key: rsa.RSAPrivateKey, algorithm: str) -> None:
    authenticator = Authenticator(settings_with(auth_key=public_pem(key)))
    assert (await authenticator.principal_of(token(key=key, algorithm=algorithm))).subject == "shop"


async def test_a_public_key_is_never_taken_for_a_shared_one() -> None:
    pem = public_pem(RSA_KEY)
    header_and_claims = jwt.encode(claims(), SHARED, algorithm="HS256").rpartition(".")[0]
    forged = f"{header_and_claims}.{jwt.utils.base64url_encode(_hmac(pem, header_and_claims)).decode()}"
    why = await refusal(Authenticator(settings_with(auth_key=pem)), forged)
    assert "algorithm" in why


def _hmac(key: str, text: str) -> bytes:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (partial(claims, exp=int(time.time()) - 31), "expired"),
        (partial(claims, nbf=int(time.time()) + 3_600), "not valid yet"),
        (partial(claims, aud="another"), "audience"),
        (partial(claims, iss="another"), "issuer"),
        (partial(claims, aud=None), "lacks the claim aud"),
        (partial(claims, iss=None), "lacks the claim iss"),
        (partial(claims, exp=None), "lacks the claim exp"),
        (partial(claims, sub=None), "lacks the claim sub"),
        (partial(claims, sub=""), "sub must be text of 1 to 255 characters"),
        (partial(claims, sub="s" * 256), "sub must be text of 1 to 255 characters"),
        (partial(claims, scope={"all": True}), "scope must be text or a list of text"),
        (partial(claims, owner_ids=[1]), "owner_ids must be text or a list of text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_token_with_a_wrong_claim_is_refused_with_the_reason(
    payload: Callable[[], dict[str, Any]], why: str
) -> None:
    assert why in await refusal(Authenticator(settings_with()), token(payload()))


async def test_an_unsigned_token_is_refused() -> None:
    assert "algorithm" in await refusal(Authenticator(settings_with()), token(key=None, algorithm="none"))


async def test_a_token_by_another_key_is_refused() -> None:
    assert "signature" in await refusal(Authenticator(settings_with()), token(key="another key, also thirty-two bytes"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJhbGciOiJIUzI1NiJ9..", "x" * 9_000])
async def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(PaymentsError) as refused:
        await Authenticator(settings_with()).principal_of(text)
    assert refused.value.reason is Reason.TOKEN_INVALID


async def test_clocks_may_differ_by_half_a_minute() -> None:
    late = token(claims(exp=int(time.time()) - 25))
    assert (await Authenticator(settings_with()).principal_of(late)).subject == "shop"


class CountingKeys:
    """Gives the shared key, and counts how often it is asked: once a verification."""

    def __init__(self) -> None:
        self.asked = 0

    async def key_for(self, _: str | None) -> VerificationKey:
        self.asked += 1
        return VerificationKey(SHARED, "HS256")


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


async def test_a_token_is_verified_once_a_minute() -> None:
    keys, clock = CountingKeys(), Clock()
    authenticator = Authenticator(settings_with(), keys, clock)
    text = token(claims(exp=int(time.time()) + 3_600))
    first = await authenticator.principal_of(text)
    assert await authenticator.principal_of(text) is first
    assert keys.asked == 1
    clock.now += 61
    await authenticator.principal_of(text)
    assert keys.asked == 2


async def test_a_remembered_token_is_forgotten_when_it_expires() -> None:
    keys, clock = CountingKeys(), Clock()
    authenticator = Authenticator(settings_with(), keys, clock)
    text = token(claims(exp=int(clock.now) + 5))
    await authenticator.principal_of(text)
    clock.now += 6
    await authenticator.principal_of(text)
    assert keys.asked == 2


async def test_a_refused_token_is_not_remembered() -> None:
    keys = CountingKeys()
    authenticator = Authenticator(settings_with(), keys)
    for _ in range(2):
        await refusal(authenticator, token(claims(aud="another")))
    assert keys.asked == 2


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"auth_key": None}, "PAYMENTS_AUTH_KEY: set a shared key"),
        ({"auth_key": "short"}, "PAYMENTS_AUTH_KEY: a shared key must have at least 32 bytes"),
        ({"auth_key": "-----BEGIN PUBLIC KEY-----\nno\n"}, "PAYMENTS_AUTH_KEY: cannot be read"),
        ({"auth_algorithms": ("RS256",)}, "PAYMENTS_AUTH_KEY: the key is for HS256"),
        ({"auth_jwks_url": "https://issuer.example/keys"}, "PAYMENTS_AUTH_KEY: leave it out"),
    ],
    ids=["none", "short", "garbled", "algorithm not accepted", "two sources"],
)
def test_unusable_keys_stop_the_start(overrides: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        Authenticator(settings_with(**overrides))
    assert "\n" not in str(refused.value)


def test_a_private_key_is_refused_before_it_does_harm() -> None:
    pem = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ConfigurationError, match="PAYMENTS_AUTH_KEY: is a private key"):
        Authenticator(settings_with(auth_key=pem))


def test_other_curves_and_weak_keys_are_refused() -> None:
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 1024)):
        with pytest.raises(ConfigurationError, match="must be an RSA key of at least 2048 bits or a P-256 key"):
            Authenticator(settings_with(auth_key=public_pem(key)))
