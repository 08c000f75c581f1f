"""Outages of the payments service: nothing is acknowledged that is not durable, and Stripe is asked to come again."""

import asyncio

import grpc
import httpx
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse  # type: ignore[import-untyped]  # it ships no types

from tests.integration.webhook_gateway.harness import (
    PaymentsDouble,
    RunningGateway,
    event,
    make_settings,
    run_gateway,
    until,
)
from webhook_gateway import readiness


def expect_come_again(response: httpx.Response) -> None:
    assert response.status_code == 503
    assert response.json()["success"] is False
    assert response.json()["error"]["code"] == "webhook_processing_error"
    assert int(response.headers["retry-after"]) > 0


BUSY_S = 0.6
"""How long a busy service leaves a connection lying: several times the first pause before another attempt."""

FAILURES = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.UNIMPLEMENTED,
)


async def test_whatever_fails_stripe_is_asked_to_come_again(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    for code in FAILURES:
        payments.failure = code
        expect_come_again(await gateway.deliver(event()))
        assert gateway.count("gateway_record_failures_total", code=code.name) == 1
    payments.failure = None
    assert (await gateway.deliver(event())).status_code == 200


async def test_only_a_service_that_is_away_is_called_again(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    for code, calls in ((grpc.StatusCode.INTERNAL, 1), (grpc.StatusCode.UNAVAILABLE, 3)):
        payments.requests.clear()
        payments.failure = code
        expect_come_again(await gateway.deliver(event()))
        assert len(payments.requests) == calls


async def test_a_refused_argument_is_logged_as_our_defect(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    payments.failure = grpc.StatusCode.INVALID_ARGUMENT
    expect_come_again(await gateway.deliver(event("evt_defect")))
    (line,) = gateway.lines()
    assert line["level"] == "error"
    assert line["defect"] is True
    assert line["event_id"] == "evt_defect"
    assert (line["outcome"], line["reason"], line["detail"]) == ("not_recorded", "INVALID_ARGUMENT", "as told")


async def test_a_service_that_hangs_is_given_up(payments: PaymentsDouble) -> None:
    payments.pause = asyncio.Event()
    async with run_gateway(make_settings(payments.address, rpc_timeout_ms=200)) as gateway:
        expect_come_again(await gateway.deliver(event()))
        assert gateway.count("gateway_record_failures_total", code="DEADLINE_EXCEEDED") == 1


async def test_a_busy_service_has_time_to_take_the_connection(payments: PaymentsDouble) -> None:
    connections: list[asyncio.Task[None] | None] = []

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
        finally:
            writer.close()
            await writer.wait_closed()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        await asyncio.sleep(BUSY_S)
        their_reader, their_writer = await asyncio.open_connection(*payments.address.split(":"))
        await asyncio.gather(hand_on(reader, their_writer), hand_on(their_reader, writer))

    busy = await asyncio.start_server(take, "127.0.0.1", 0)
    async with busy:
        async with run_gateway(make_settings(f"127.0.0.1:{busy.sockets[0].getsockname()[1]}")) as gateway:
            assert (await gateway.deliver(event())).status_code == 200
        await asyncio.gather(*filter(None, connections))
    assert len(connections) == 1


async def test_a_service_that_went_away_and_came_back_is_found_again(
    monkeypatch: pytest.MonkeyPatch, gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    monkeypatch.setattr(readiness, "CACHE_S", 0.0)
    assert (await gateway.deliver(event("evt_before"))).status_code == 200
    await payments.stop()
    expect_come_again(await gateway.deliver(event("evt_during")))
    assert (await gateway.client.get("/readyz")).status_code == 503
    assert (await gateway.client.get("/healthz")).status_code == 200
    await payments.start()

    async def acknowledged() -> bool:
        return (await gateway.deliver(event("evt_during"))).status_code == 200

    await until(acknowledged)
    assert (await gateway.client.get("/readyz")).status_code == 200
    assert {request.envelope.event_id for request in payments.requests} == {"evt_before", "evt_during"}


async def test_a_single_lost_connection_is_not_noticed(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    """The call is tried again by itself: a rolling restart costs no 503."""
    assert (await gateway.deliver(event("evt_1"))).status_code == 200
    await payments.stop()
    await payments.start()
    assert (await gateway.deliver(event("evt_2"))).status_code == 200


async def test_readiness_follows_the_health_of_the_service(
    monkeypatch: pytest.MonkeyPatch, gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    monkeypatch.setattr(readiness, "CACHE_S", 0.0)
    assert (await gateway.client.get("/readyz")).json() == {"ready": True}
    payments.health = HealthCheckResponse.NOT_SERVING
    response = await gateway.client.get("/readyz")
    assert response.status_code == 503
    assert "NOT_SERVING" in response.json()["error"]["message"]
    assert set(payments.health_checks) == {"payments_api.internal.v1.StripeEventService"}


async def test_readiness_is_not_asked_for_anew_each_time(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    responses = await asyncio.gather(*(gateway.client.get("/readyz") for _ in range(20)))
    assert {response.status_code for response in responses} == {200}
    assert len(payments.health_checks) == 1
