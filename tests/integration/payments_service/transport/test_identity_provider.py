"""Tokens of an identity provider whose keys are fetched over HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from payments_service.transport import jwks
from tests.integration.payments_service.transport.harness import serving

KEY = ec.generate_private_key(ec.SECP256R1())
JWKS = json.dumps({"keys": [json.loads(ECAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one"}]}).encode()


class Provider:
    """An identity provider's HTTP endpoint; what it answers can be changed."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, JWKS, 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(provider.status)
                self.send_header("content-length", str(len(provider.body)))
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.01,))
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()


def token(key_id: str = "one") -> str:
    claims = {
        "iss": "payments-dev",
        "aud": "payments",
        "sub": "shop",
        "exp": int(time.time()) + 300,
        "scope": "ledger.read",
    }
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": key_id})


async def test_a_token_of_the_provider_opens_and_its_keys_are_fetched_once(provider: Provider) -> None:
    async with serving(auth_key=None, auth_jwks_url=provider.url) as running:
        for _ in range(3):
            assert await running.call(token=token()) == b""
        assert provider.asked == 1
        assert (await running.failure(token=token("two"))).reason == "TOKEN_INVALID"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b"<html>"), (200, b" " * (jwks.RESPONSE_BYTES_MAX + 1))],
    ids=["an error", "no JSON", "endless"],
)
async def test_while_the_provider_gives_no_keys_callers_are_told_to_retry(
    provider: Provider, status: int, body: bytes
) -> None:
    provider.status, provider.body = status, body
    async with serving(auth_key=None, auth_jwks_url=provider.url) as running:
        failed = await running.failure(token=token())
        [line] = running.log_lines("jwks_unavailable")
    assert (failed.reason, failed.retry_after_ms) == ("TOKEN_INVALID", 1_000)
    assert line["keys_kept"] == 0
