"""Fuzzing over real sockets: whatever bytes come, the answer is never a 5xx, and the next delivery is accepted."""

import asyncio
import random

import pytest

from tests.integration.webhook_gateway.harness import (
    PaymentsDouble,
    RunningGateway,
    event,
    make_settings,
    run_gateway,
    sign,
)
from webhook_gateway import connection, lifecycle

ROUNDS = 400
PATHS = [
    b"/stripe/webhook",
    b"/stripe/connect/webhook",
    b"/",
    b"/%ff",
    b"/\xff",
    b"*",
    b"http://x/stripe/webhook",
    b"//",
    b"",
]
METHODS = [b"POST", b"GET", b"PUT", b"CONNECT", b"PRI", b"\x00", b"OPTIONS", b"HEAD"]
FRAGMENTS = [
    b"t=1", b"v1=", b"v0=", b",", b"=", b"9" * 40, b"-1", b"\xff\xfe", "é".encode(), b"\x01", b" ", b"1e9", b"00" * 32,
]  # fmt: skip
HEADERS = [
    b"Stripe-Signature", b"Content-Length", b"Content-Type", b"Content-Encoding", b"Transfer-Encoding", b"Expect",
    b"Connection", b"Upgrade", b"X-Request-Id", b"Host", b"\xc3\xa9", b"",
]  # fmt: skip
VALUES = [
    b"", b"chunked", b"gzip", b"identity", b"100-continue", b"upgrade", b"close", b"websocket", b"h2c", b"-5", b"5",
    b"99999999999999999999999999", b"\xff", b"application/json; charset=\xff",
]  # fmt: skip
BODIES = [
    b"",
    b"{}",
    b"null",
    b"\xff",
    b"[" * 5000,
    b'{"id":' + b"9" * 5000 + b"}",
    b'{"a":"\\u0000"}',
    b"0\r\n\r\n",
    b"{" * 70_000,
]


def some_request(dice: random.Random) -> bytes:
    """Makes up a request that is wrong in a few places, or in all."""
    if dice.random() < 0.1:
        return dice.randbytes(dice.randrange(1, 400))
    body = dice.choice([*BODIES, dice.randbytes(dice.randrange(200)), event()[: dice.randrange(100)], event()])
    headers = [(dice.choice(HEADERS), dice.choice(VALUES)) for _ in range(dice.randrange(4))]
    headers += [
        (b"Stripe-Signature", b"".join(dice.choices(FRAGMENTS, k=dice.randrange(8))))
        for _ in range(dice.choice([0, 0, 1, 2]))
    ]
    if dice.random() < 0.5:
        headers.append((b"Stripe-Signature", sign(body).encode()))
    if dice.random() < 0.8:
        headers.append((b"Content-Length", str(len(body) + dice.choice([0, 0, 0, 0, -1, 1])).encode()))
    method = b"POST" if dice.random() < 0.8 else dice.choice(METHODS)
    lines = [method + b" " + dice.choice(PATHS[:2] * 6 + PATHS) + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def statuses(response: bytes) -> list[int]:
    """Returns the status of every response in what came back over a connection."""
    return [int(part.split(b" ", 1)[0]) for part in response.split(b"HTTP/1.1 ")[1:]]


async def test_no_request_whatever_gets_a_5xx(payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    # Many of these requests never end: they are given up sooner than a user would want.
    monkeypatch.setattr(connection, "HEAD_TIMEOUT_S", 0.3)
    monkeypatch.setattr(lifecycle, "KEEP_ALIVE_S", 1)
    seed = 20_261_120
    seen: set[int] = set()
    async with run_gateway(make_settings(payments.address, body_timeout_ms=300)) as gateway:
        for start in range(0, ROUNDS, 100):
            requests = [some_request(random.Random(seed + number)) for number in range(start, start + 100)]
            responses = await asyncio.gather(*(gateway.raw(request) for request in requests))
            for number, response in enumerate(responses, start):
                assert all(status < 500 for status in statuses(response)), f"seed {seed + number}: {response!r}"
                seen.update(statuses(response))
        assert (await gateway.deliver(event("evt_after"))).status_code == 200
        assert gateway.count("gateway_in_flight") == 0
    # The fuzzing reached every way of refusing that bytes can reach, or it has become too tame.
    assert {200, 400, 401, 404, 405, 415} <= seen


async def test_every_signed_body_is_recorded_or_malformed(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    dice = random.Random(7)
    template = event()
    for _ in range(ROUNDS):
        body = bytearray(template)
        for _ in range(dice.randrange(1, 6)):
            position = dice.randrange(len(body))
            body[position : position + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        response = await gateway.deliver(bytes(body))
        assert response.status_code in {200, 400}, bytes(body)
    recorded = gateway.count("gateway_webhooks_total", endpoint="platform", outcome="recorded")
    duplicates = gateway.count("gateway_webhooks_total", endpoint="platform", outcome="duplicate")
    assert 0 < len(payments.requests) == recorded + duplicates < ROUNDS
