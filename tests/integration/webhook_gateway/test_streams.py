"""Busy times: groups go over streams, and whatever becomes of a stream, each event is recorded and answered."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from tests.integration.webhook_gateway.harness import (
    PATIENCE_S,
    PaymentsDouble,
    RunningGateway,
    event,
    make_settings,
    run_gateway,
    until,
)
from webhook_gateway import lifecycle, streams
from webhook_gateway.recorder import EventRecorder, RecorderLimits

SMALL_GROUPS = RecorderLimits(group_events_max=2, calls_max=3, stuck_s=PATIENCE_S)
EVENTS = 40


@pytest.fixture
async def gateway(payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningGateway]:
    async with busy_gateway(payments, monkeypatch) as running:
        yield running


@asynccontextmanager
async def busy_gateway(
    payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch, **settings: int
) -> AsyncIterator[RunningGateway]:
    """A gateway to which a few deliveries are much."""
    monkeypatch.setattr(lifecycle, "EventRecorder", functools.partial(EventRecorder, limits=SMALL_GROUPS))
    async with run_gateway(make_settings(payments.address, **settings)) as running:
        yield running


async def deliver_all(gateway: RunningGateway, payments: PaymentsDouble, name: str = "evt") -> list[int]:
    """Delivers many events of which none is answered before all have come; returns the statuses."""
    payments.pause = asyncio.Event()
    before = gateway.count("gateway_in_flight")
    deliveries = [asyncio.create_task(gateway.deliver(event(f"{name}_{number}"))) for number in range(EVENTS)]
    await until(lambda: gateway.count("gateway_in_flight") == before + EVENTS)
    payments.pause.set()
    return [(await delivery).status_code for delivery in deliveries]


def recorded(payments: PaymentsDouble) -> set[str]:
    return {item.envelope.event_id for item in payments.requests}


async def test_many_groups_share_a_few_streams(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    assert set(await deliver_all(gateway, payments)) == {200}
    assert len(recorded(payments)) == len(payments.requests) == EVENTS
    assert len(payments.streamed) > 2 * SMALL_GROUPS.calls_max
    assert payments.streams_opened <= SMALL_GROUPS.calls_max
    assert gateway.count("gateway_streams_failed_total") == 0


async def test_a_delivery_that_comes_alone_makes_a_call(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    for number in range(3):
        assert (await gateway.deliver(event(f"evt_{number}"))).status_code == 200
    assert payments.groups == [1, 1, 1]
    assert payments.streamed == []


async def test_streams_end_when_nobody_needs_them(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    await deliver_all(gateway, payments)
    assert payments.streams_opened > 0
    await until(lambda: payments.streams == 0)


async def test_an_older_service_gets_calls(
    gateway: RunningGateway, payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAUSE_S", PATIENCE_S)
    payments.knows_streams = False
    assert set(await deliver_all(gateway, payments)) == {200}
    assert len(recorded(payments)) == len(payments.requests) == EVENTS
    # Whoever had begun by then has asked, and nobody again.
    assert payments.streams_opened <= SMALL_GROUPS.calls_max


async def test_a_stream_that_ends_with_a_group_unanswered_loses_nothing(
    gateway: RunningGateway, payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAUSE_S", 0.0)
    payments.end_streams = True
    assert set(await deliver_all(gateway, payments)) == {200}
    assert recorded(payments) == {f"evt_{number}" for number in range(EVENTS)}
    assert len(payments.streamed) > SMALL_GROUPS.calls_max
    assert gateway.count("gateway_streams_failed_total") == len(payments.streamed)


async def test_what_fails_on_a_stream_fails_by_its_call(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    payments.failure = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert set(await deliver_all(gateway, payments)) == {503}
    assert payments.streamed != []
    assert gateway.count("gateway_record_failures_total", code="RESOURCE_EXHAUSTED") == EVENTS


async def test_an_event_that_the_service_chokes_on_fails_alone(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    payments.poison = "evt_20"
    statuses = await deliver_all(gateway, payments)
    assert [number for number, status in enumerate(statuses) if status != 200] == [20]


async def test_a_service_that_is_started_anew_is_found_again(
    gateway: RunningGateway, payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "IDLE_S", PATIENCE_S)  # the streams are still there when the service goes
    await deliver_all(gateway, payments)
    await payments.stop()
    await payments.start()
    assert set(await deliver_all(gateway, payments, "evt_later")) == {200}


async def test_a_stream_that_hangs_is_given_up_with_its_deliveries(
    payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with busy_gateway(payments, monkeypatch, rpc_timeout_ms=300) as gateway:
        payments.pause = asyncio.Event()
        deliveries = [asyncio.create_task(gateway.deliver(event(f"evt_{number}"))) for number in range(EVENTS)]
        assert {(await delivery).status_code for delivery in deliveries} == {503}
        assert payments.streamed != []
        await until(lambda: payments.streams == 0)
        payments.pause.set()
        assert (await gateway.deliver(event("evt_after"))).status_code == 200


async def test_a_stop_ends_the_streams(payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "IDLE_S", PATIENCE_S)
    async with busy_gateway(payments, monkeypatch) as gateway:
        await deliver_all(gateway, payments)
        assert payments.streams > 0
    await until(lambda: payments.streams == 0)
