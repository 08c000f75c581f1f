"""Keys of an identity provider: fetched when needed, kept while it is away."""

import json
from collections.abc import Callable

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from payments_service.config import ConfigurationError, load_settings
from payments_service.domain.errors import PaymentsError
from payments_service.transport import jwks
from payments_service.transport.jwks import JwksKeys

URL = "https://issuer.example/keys"
RSA_PUBLIC = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
EC_PUBLIC = ec.generate_private_key(ec.SECP256R1()).public_key()


def entry(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, key_id: str, **more: str) -> dict[str, str]:
    text = RSAAlgorithm.to_jwk(key) if isinstance(key, rsa.RSAPublicKey) else ECAlgorithm.to_jwk(key)
    values: dict[str, str] = json.loads(text)
    return values | {"kid": key_id} | more


class Provider:
    """An identity provider whose answer can be changed, and which counts requests."""

    def __init__(self, *keys: dict[str, str]) -> None:
        self.answer: object = {"keys": list(keys)}
        self.away = False
        self.asked = 0

    def __call__(self, url: str) -> object:
        assert url == URL
        self.asked += 1
        if self.away:
            raise httpx.ConnectTimeout("away")
        return self.answer


def keys_of(provider: Callable[[str], object], **overrides: object) -> JwksKeys:
    return JwksKeys(load_settings({}, **{"auth_jwks_url": URL} | overrides), provider)


async def test_keys_are_fetched_once_and_pinned_to_their_algorithm() -> None:
    provider = Provider(entry(RSA_PUBLIC, "r"), entry(EC_PUBLIC, "e"))
    keys = keys_of(provider)
    found = [await keys.key_for(key_id) for key_id in ("r", "e", "r")]
    assert [key and key.algorithm for key in found] == ["RS256", "ES256", "RS256"]
    assert provider.asked == 1


async def test_a_new_key_is_found_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "UNKNOWN_KEY_INTERVAL_SECONDS", 0.0)
    provider = Provider(entry(RSA_PUBLIC, "old"))
    keys = keys_of(provider)
    await keys.key_for("old")
    provider.answer = {"keys": [entry(EC_PUBLIC, "new")]}
    assert await keys.key_for("new") is not None
    assert await keys.key_for("old") is None


async def test_made_up_key_ids_do_not_flood_the_provider() -> None:
    provider = Provider(entry(RSA_PUBLIC, "r"))
    keys = keys_of(provider)
    for number in range(50):
        assert await keys.key_for(f"made-up-{number}") is None
    assert provider.asked == 1


async def test_known_keys_keep_working_while_the_provider_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(jwks, "UNKNOWN_KEY_INTERVAL_SECONDS", 0.0)
    provider = Provider(entry(RSA_PUBLIC, "r"))
    keys = keys_of(provider)
    await keys.key_for("r")
    provider.away = True
    assert await keys.key_for("other") is None
    assert await keys.key_for("r") is not None
    assert provider.asked == 2


async def test_without_any_keys_the_caller_is_told_to_retry() -> None:
    provider = Provider()
    provider.away = True
    with pytest.raises(PaymentsError, match="could not be fetched, retry") as refused:
        await keys_of(provider).key_for("r")
    assert refused.value.retry_after_ms == 1_000


@pytest.mark.parametrize("answer", [[], {}, {"keys": "no"}, {"keys": [3, {"kty": "RSA"}]}], ids=str)
async def test_a_malformed_answer_is_an_outage(answer: object) -> None:
    provider = Provider()
    provider.answer = answer
    with pytest.raises(PaymentsError, match="could not be fetched"):
        await keys_of(provider).key_for("r")


async def test_shared_and_encryption_keys_are_passed_over() -> None:
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "s"}
    provider = Provider(shared, entry(RSA_PUBLIC, "enc", use="enc"), entry(RSA_PUBLIC, "r"))
    keys = keys_of(provider)
    assert await keys.key_for("s") is None
    assert await keys.key_for("enc") is None
    assert await keys.key_for("r") is not None


async def test_a_token_without_key_id_gets_the_only_key() -> None:
    only = await keys_of(Provider(entry(EC_PUBLIC, "e"))).key_for(None)
    assert only is not None
    assert await keys_of(Provider(entry(EC_PUBLIC, "e"), entry(RSA_PUBLIC, "r"))).key_for(None) is None


async def test_an_algorithm_that_is_not_accepted_has_no_keys() -> None:
    keys = keys_of(Provider(entry(RSA_PUBLIC, "r"), entry(EC_PUBLIC, "e")), auth_algorithms=("ES256",))
    assert await keys.key_for("r") is None
    assert await keys.key_for("e") is not None


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"auth_jwks_url": "http://issuer.example/keys"}, "PAYMENTS_AUTH_JWKS_URL: must be an https URL"),
        ({"auth_algorithms": ("HS256",)}, "PAYMENTS_AUTH_ALGORITHMS: must accept RS256 or ES256"),
    ],
)
def test_unsafe_settings_stop_the_start(overrides: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        keys_of(Provider(), **overrides)
