"""Limits of size and time, over real sockets: each ends in an answer that says what the limit was."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from tests.integration.webhook_gateway.harness import (
    PaymentsDouble,
    RunningGateway,
    event,
    make_settings,
    run_gateway,
    sign,
    until,
)
from webhook_gateway import connection

LIMIT = 262_144


def padded(size: int) -> bytes:
    """Returns a JSON document of exactly this many bytes."""
    return b'{"id":"evt_big","pad":"' + b"x" * (size - 25) + b'"}'


def status_of(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


def code_of(response: bytes) -> str:
    code = orjson.loads(response.partition(b"\r\n\r\n")[2])["error"]["code"]
    assert isinstance(code, str)
    return code


async def test_a_body_of_the_largest_size_is_recorded(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    body = padded(LIMIT)
    assert len(body) == LIMIT
    assert (await gateway.deliver(body)).status_code == 200
    assert payments.requests[0].body == body


@pytest.mark.parametrize("size", [LIMIT + 1, 300_000])
async def test_a_larger_body_is_refused(gateway: RunningGateway, payments: PaymentsDouble, size: int) -> None:
    response = await gateway.deliver(padded(size))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "webhook_too_large"
    assert str(LIMIT) in response.json()["error"]["message"]
    assert payments.requests == []


async def test_a_larger_body_without_a_length_is_refused_while_it_streams(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    chunk = b"%x\r\n%s\r\n" % (65_536, b"x" * 65_536)
    head = b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"
    # No end is ever sent: the gateway has to stop by itself.
    response = await gateway.raw(head + chunk * 24)
    assert status_of(response) == 413
    assert code_of(response) == "webhook_too_large"
    assert payments.requests == []


async def test_a_streamed_body_up_to_the_limit_is_recorded(gateway: RunningGateway) -> None:
    body = padded(LIMIT)

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, LIMIT, 10_000):
            yield body[start : start + 10_000]

    headers = {"stripe-signature": sign(body)}
    response = await gateway.client.post("/stripe/webhook", content=parts(), headers=headers)
    assert "content-length" not in response.request.headers
    assert response.status_code == 200


async def test_a_huge_announced_body_is_refused_at_once(gateway: RunningGateway) -> None:
    response = await gateway.raw(b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 99999999999\r\n\r\n")
    assert status_of(response) == 413


async def test_a_client_that_asks_first_is_told_before_it_sends(gateway: RunningGateway) -> None:
    head = b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n"
    response = await gateway.raw(head)
    assert status_of(response) == 413


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_compressed_body_is_refused(gateway: RunningGateway, encoding: str) -> None:
    response = await gateway.deliver(event(), content_encoding=encoding)
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "webhook_malformed"


async def test_a_slow_body_is_given_up(payments: PaymentsDouble) -> None:
    async with run_gateway(make_settings(payments.address, body_timeout_ms=100)) as gateway:
        response = await gateway.raw(b'POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n{"id"')
        assert status_of(response) == 408
        assert code_of(response) == "webhook_timeout"
        assert b"connection: close" in response
        assert gateway.count("gateway_webhooks_total", endpoint="platform", outcome="slow") == 1


async def test_a_client_that_leaves_halfway_is_counted_and_forgotten(gateway: RunningGateway) -> None:
    await gateway.raw(b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\n{", half_close=True)
    await until(lambda: gateway.count("gateway_webhooks_total", endpoint="platform", outcome="aborted") == 1)
    assert gateway.count("gateway_in_flight") == 0


async def test_slow_headers_are_given_up(monkeypatch: pytest.MonkeyPatch, payments: PaymentsDouble) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT_S", 0.1)
    async with run_gateway(make_settings(payments.address)) as gateway:
        for start in (b"", b"POST /stripe/webhook HTTP/1.1\r\nHost:"):
            response = await gateway.raw(start)
            assert status_of(response) == 408
        assert gateway.count("gateway_connections_refused_total", reason="head_slow") == 2


async def test_a_flood_of_connections_is_turned_away(monkeypatch: pytest.MonkeyPatch, gateway: RunningGateway) -> None:
    monkeypatch.setattr(connection, "CONNECTIONS_MAX", 3)
    address = gateway.address.rsplit(":", 1)
    writers = [(await asyncio.open_connection(*address))[1] for _ in range(3)]
    await gateway.raw(b"")  # the first three are known once a fourth has been turned away
    response = await gateway.raw(b"")
    assert status_of(response) == 503
    assert b"retry-after: " in response
    assert gateway.count("gateway_connections_refused_total", reason="too_many") == 2
    for writer in writers:
        writer.close()
    await until(lambda: _welcome(gateway))


async def _welcome(gateway: RunningGateway) -> bool:
    return (await gateway.deliver(event())).status_code == 200


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
async def test_too_many_headers_are_refused(gateway: RunningGateway, ending: bytes) -> None:
    head = b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\nX-Pad: " + b"x" * 40_000
    response = await gateway.raw(head + ending)
    assert status_of(response) == 431
    assert gateway.count("gateway_connections_refused_total", reason="head_too_large") == 1


async def test_long_headers_below_the_limit_are_fine(gateway: RunningGateway) -> None:
    assert (await gateway.deliver(event(), x_pad="x" * 30_000)).status_code == 200


@pytest.mark.parametrize("request_bytes", [b"\x16\x03\x01\x02\x00", b"hello\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n"])
async def test_what_is_no_http_is_answered_in_our_form(gateway: RunningGateway, request_bytes: bytes) -> None:
    response = await gateway.raw(request_bytes)
    assert status_of(response) == 400
    assert code_of(response) == "webhook_malformed"


async def test_a_kept_connection_takes_delivery_after_delivery(gateway: RunningGateway) -> None:
    body = event()
    request = b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: %d\r\nStripe-Signature: %s\r\n" % (
        len(body),
        sign(body).encode(),
    )
    response = await gateway.raw((request + b"\r\n" + body) * 2 + request + b"Connection: close\r\n\r\n" + body)
    assert response.count(b"HTTP/1.1 200 OK") == 3
