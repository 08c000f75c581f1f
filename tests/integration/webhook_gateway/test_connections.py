"""Connections: requests behind each other keep their order and their turn, whatever becomes of those before them."""

import asyncio
import logging
import re

import pytest

from tests.integration.webhook_gateway.harness import (
    PATIENCE_S,
    PaymentsDouble,
    RunningGateway,
    event,
    make_settings,
    run_gateway,
    sign,
    until,
)
from webhook_gateway import connection, delivery

UNSIGNED = b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n%s\r\n{}"


def _refused(gateway: RunningGateway) -> float:
    return gateway.count("gateway_webhooks_total", endpoint="platform", outcome="signature_invalid")


def signed(body: bytes, *headers: bytes, target: bytes = b"/stripe/webhook") -> bytes:
    """Returns a delivery as bytes."""
    lines = [
        b"POST %s HTTP/1.1" % target,
        b"Host: g",
        b"Content-Length: %d" % len(body),
        b"Stripe-Signature: " + sign(body).encode(),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def test_a_thousand_requests_in_one_piece_are_answered_in_turn(gateway: RunningGateway) -> None:
    flood = (UNSIGNED % b"") * 1_500 + UNSIGNED % b"Connection: close\r\n"
    response = await gateway.raw(b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n" + flood)
    assert response.startswith(b"HTTP/1.1 200 OK")
    assert response.count(b"HTTP/1.1 401 Unauthorized") == 1_501
    assert _refused(gateway) == 1_501


async def test_a_request_waits_for_the_delivery_before_it(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    payments.pause = asyncio.Event()
    last = b"GET /healthz HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"
    answers = asyncio.create_task(gateway.raw(signed(event("evt_held")) + UNSIGNED % b"" + last))
    await until(lambda: len(payments.groups) == 1)
    assert _refused(gateway) == 0
    payments.pause.set()
    assert re.findall(rb"HTTP/1.1 (\d+)", await answers) == [b"200", b"401", b"200"]


async def test_a_client_that_leaves_with_requests_in_waiting_harms_nobody(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    payments.pause = asyncio.Event()
    _, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
    writer.write(signed(event("evt_held")) + signed(event("evt_behind")) + UNSIGNED % b"")
    await until(lambda: len(payments.groups) == 1)
    writer.transport.abort()
    payments.pause.set()
    await until(lambda: gateway.count("gateway_webhooks_total", endpoint="platform", outcome="recorded") >= 1)
    assert (await gateway.deliver(event("evt_after"))).status_code == 200
    await until(lambda: gateway.count("gateway_in_flight") == 0)


@pytest.mark.parametrize("target", [b"/stripe/webhook?from=stripe", b"/stripe%2Fwebhook", b"http://g/stripe/webhook"])
async def test_an_address_may_be_written_in_other_ways(gateway: RunningGateway, target: bytes) -> None:
    response = await gateway.raw(signed(event(), b"Connection: close", target=target))
    assert response.startswith(b"HTTP/1.1 200 OK")


async def test_a_client_of_http_1_0_is_answered_and_let_go(gateway: RunningGateway) -> None:
    response = await gateway.raw(signed(event()).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert response.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in response


async def test_a_client_that_asks_first_is_told_to_send(gateway: RunningGateway) -> None:
    head, _, body = signed(event(), b"Expect: 100-continue", b"Connection: close").partition(b"\r\n\r\n")
    reader, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
    async with asyncio.timeout(PATIENCE_S):
        writer.write(head + b"\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
    writer.close()


@pytest.mark.parametrize(
    "behind", [b"", b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n", UNSIGNED % b"", b"no HTTP\r\n\r\n"]
)
async def test_nothing_is_taken_behind_a_refusal_in_the_middle_of_a_body(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture, behind: bytes
) -> None:
    head = b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n"
    response = await gateway.raw(head + b"Expect: 100-continue\r\n\r\n{}" + behind)
    assert re.findall(rb"HTTP/1.1 (\d+)", response) == [b"415"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert gateway.count("gateway_in_flight") == _refused(gateway) == 0


async def test_a_refused_client_that_goes_on_sending_is_cut_off(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_S", 0.05)
    reader, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
    async with asyncio.timeout(PATIENCE_S):
        writer.write(b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: 99999999\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(ConnectionError):
            await _send_for_ever(writer)


async def _send_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 1_000)
        await writer.drain()
        await asyncio.sleep(0)


async def test_a_client_that_reads_no_answers_gets_no_more_of_them(
    payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[connection.Connection] = []
    begun = connection.Connection.connection_made

    def connection_made(self: connection.Connection, transport: asyncio.Transport) -> None:
        begun(self, transport)
        if not paused:
            self.pause_writing()
            paused.append(self)

    async with run_gateway(make_settings(payments.address)) as gateway:
        monkeypatch.setattr(connection.Connection, "connection_made", connection_made)
        answers = asyncio.create_task(gateway.raw(UNSIGNED % b"" + UNSIGNED % b"Connection: close\r\n"))
        await until(lambda: _refused(gateway) == 1)
        assert (await gateway.client.get("/healthz")).status_code == 200
        assert _refused(gateway) == 1
        paused[0].resume_writing()
        assert (await answers).count(b"HTTP/1.1 401 ") == 2


async def test_a_failure_that_nobody_foresaw_is_answered_and_logged(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def translate(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(delivery, "translate", translate)
        response = await gateway.deliver(event())
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "webhook_processing_error"
    assert "a defect" not in response.text
    assert "ZeroDivisionError" in caplog.text
    assert gateway.count("gateway_in_flight") == 0
    assert gateway.count("gateway_record_failures_total", code="DEFECT") == 1
    assert [(line["outcome"], line["reason"]) for line in gateway.lines()] == [("not_recorded", "DEFECT")]
    assert (await gateway.deliver(event())).status_code == 200
