"""Default deny for every method there is: from the descriptors, so that a new method is covered by itself."""

import time

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from payments_service.transport.methods import Method
from tests.integration.payments_service.transport.harness import KEY, METHODS, Running, serving

each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
ALL_SCOPES = {method.scope for method in METHODS}


def forged(**header_and_key: object) -> str:
    claims = {"iss": "payments-dev", "aud": "payments", "sub": "mallory", "scope": " ".join(ALL_SCOPES)}
    algorithm = str(header_and_key.get("algorithm", "HS256"))
    lifetime = int(str(header_and_key.get("lifetime", 300)))
    key = header_and_key.get("key", KEY)
    return jwt.encode(claims | {"exp": int(time.time()) + lifetime}, key, algorithm=algorithm)  # type: ignore[arg-type]


FORGED = {
    "expired": forged(lifetime=-31),
    "unsigned": forged(key=None, algorithm="none"),
    "of another key": forged(key="another key of at least thirty-two bytes"),
    "of another kind of key": forged(key=rsa.generate_private_key(65537, 2048), algorithm="RS256"),
    "no token": "nonsense",
    "empty": "   ",
}


@each_method
async def test_without_a_token_nothing_opens(method: Method) -> None:
    async with serving() as running:
        failed = await running.failure(method, b"", token=None)
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")


@each_method
async def test_with_a_token_that_is_not_ours_nothing_opens(method: Method) -> None:
    async with serving() as running:
        for kind, token in FORGED.items():
            failed = await running.failure(method, b"", token=token)
            assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID"), kind


@each_method
async def test_with_every_other_scope_a_method_stays_closed(method: Method) -> None:
    async with serving() as running:
        others = (ALL_SCOPES | {"admin.read", "admin.write"}) - {method.scope}
        failed = await running.failure(method, b"", token=running.token(scopes=others))
    assert (failed.code, failed.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert failed.metadata["scope"] == method.scope


@each_method
async def test_with_its_scope_alone_a_method_opens(method: Method) -> None:
    async with serving() as running:
        assert await opens(running, method)


async def opens(running: Running, method: Method) -> bool:
    """Whether a call gets as far as the validation of its request."""
    try:
        await running.call(method, b"", token=running.token(scopes=[method.scope]))
    except grpc.aio.AioRpcError as error:
        return error.code() is grpc.StatusCode.INVALID_ARGUMENT
    return True


async def test_another_scheme_than_bearer_is_refused() -> None:
    async with serving() as running:
        failed = await running.failure(token=None, metadata=[("authorization", "Basic c2hvcDpzZWNyZXQ=")])
    assert failed.reason == "TOKEN_INVALID"
