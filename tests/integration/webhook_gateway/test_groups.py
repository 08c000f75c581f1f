"""Grouped recording: deliveries that wait together go together, and each gets the answer that is its own."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import grpc
import httpx
import pytest
from payments_api.internal.v1.stripe_event_service_pb2 import (
    EVENT_RECORDING_FAILED,
    EVENT_RECORDING_RECORDED,
    RecordEventsRequest,
    RecordEventsResponse,
    RecordEventsResult,
)
from payments_api.v1.error_reason_pb2 import ERROR_REASON_DATABASE_UNAVAILABLE

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
from webhook_gateway import lifecycle
from webhook_gateway.metrics import Metrics
from webhook_gateway.recorder import EventRecorder, RecorderLimits

PATIENT = RecorderLimits(stuck_s=PATIENCE_S)
"""However slow this machine is, no call is taken for stuck."""


@pytest.fixture
async def gateway(payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningGateway]:
    async with limited(PATIENT, payments, monkeypatch) as running:
        yield running


@asynccontextmanager
async def limited(
    limits: RecorderLimits, payments: PaymentsDouble, monkeypatch: pytest.MonkeyPatch, **settings: int
) -> AsyncIterator[RunningGateway]:
    """A gateway with limits of its own."""
    monkeypatch.setattr(lifecycle, "EventRecorder", functools.partial(EventRecorder, limits=limits))
    async with run_gateway(make_settings(payments.address, **settings)) as running:
        yield running


async def held_back(
    gateway: RunningGateway, payments: PaymentsDouble, bodies: list[bytes]
) -> list[asyncio.Task[httpx.Response]]:
    """Starts deliveries that wait behind a call that the service holds, then lets go of it."""
    payments.pause = asyncio.Event()
    held = asyncio.create_task(gateway.deliver(event("evt_held")))
    await until(lambda: len(payments.groups) == 1)
    waiting = [asyncio.create_task(gateway.deliver(body)) for body in bodies]
    await until(lambda: gateway.count("gateway_in_flight") == 1 + len(bodies))
    await until(lambda: gateway.count("gateway_queue_depth") + sum(payments.groups) == 1 + len(bodies))
    payments.pause.set()
    assert (await held).status_code == 200
    return waiting


async def test_a_delivery_that_comes_alone_waits_for_nobody(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    for number in range(3):
        assert (await gateway.deliver(event(f"evt_{number}"))).status_code == 200
    assert payments.groups == [1, 1, 1]


async def test_deliveries_that_wait_go_together(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    deliveries = await held_back(gateway, payments, [event(f"evt_{number}") for number in range(20)])
    answers = [(await delivery).json() for delivery in deliveries]
    assert all(answer["success"] and not answer["duplicate"] for answer in answers)
    assert [answer["event_id"] for answer in answers] == [f"evt_{number}" for number in range(20)]
    assert payments.groups == [1, 20]
    assert gateway.count("gateway_queue_depth") == gateway.count("gateway_queue_bytes") == 0
    assert gateway.count("gateway_group_size_sum") == 21


async def test_a_group_has_an_end(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    deliveries = await held_back(gateway, payments, [event(f"evt_{number}") for number in range(70)])
    assert {(await delivery).status_code for delivery in deliveries} == {200}
    assert sorted(payments.groups[1:]) == [6, 64]


async def test_large_events_go_in_groups_that_the_service_takes(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    bodies = [event(f"evt_{number}", pad="x" * 250_000) for number in range(5)]
    deliveries = await held_back(gateway, payments, bodies)
    assert {(await delivery).status_code for delivery in deliveries} == {200}
    assert sorted(payments.groups[1:]) == [1, 2, 2]
    assert {item.body for item in payments.requests} >= set(bodies)


async def test_copies_in_one_group_are_told_apart(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    deliveries = await held_back(gateway, payments, [event("evt_twin")] * 4)
    answers = [(await delivery).json() for delivery in deliveries]
    assert [answer["duplicate"] for answer in answers] == [False, True, True, True]


async def test_each_gets_the_answer_that_is_its_own(gateway: RunningGateway, payments: PaymentsDouble) -> None:
    def answer(request: RecordEventsRequest) -> RecordEventsResponse:
        failed = RecordEventsResult(
            recording=EVENT_RECORDING_FAILED, reason=ERROR_REASON_DATABASE_UNAVAILABLE, message="away"
        )
        good = RecordEventsResult(recording=EVENT_RECORDING_RECORDED)
        return RecordEventsResponse(
            results=[failed if item.envelope.event_id == "evt_bad" else good for item in request.items]
        )

    payments.answer = answer
    deliveries = await held_back(gateway, payments, [event("evt_a"), event("evt_bad"), event("evt_b")])
    assert [(await delivery).status_code for delivery in deliveries] == [200, 503, 200]
    assert gateway.count("gateway_record_failures_total", code="DATABASE_UNAVAILABLE") == 1


async def test_what_the_service_does_not_say_is_not_acknowledged(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    for results in ([], [RecordEventsResult()], [RecordEventsResult(recording=9)]):  # type: ignore[arg-type]
        payments.answer = lambda _, results=results: RecordEventsResponse(results=results)
        assert (await gateway.deliver(event())).status_code == 503


async def test_an_event_that_the_service_chokes_on_does_not_fail_the_others(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    payments.poison = "evt_6"
    deliveries = await held_back(gateway, payments, [event(f"evt_{number}") for number in range(10)])
    statuses = [(await delivery).status_code for delivery in deliveries]
    assert statuses == [503 if number == 6 else 200 for number in range(10)]


async def test_a_client_that_leaves_while_its_event_is_recorded_ends_cleanly(
    gateway: RunningGateway, payments: PaymentsDouble
) -> None:
    payments.pause = asyncio.Event()
    body = event("evt_left")
    _, writer = await asyncio.open_connection(*gateway.address.rsplit(":", 1))
    writer.write(
        b"POST /stripe/webhook HTTP/1.1\r\nHost: g\r\nContent-Length: %d\r\nStripe-Signature: %s\r\n\r\n%s"
        % (len(body), sign(body).encode(), body)
    )
    await until(lambda: len(payments.requests) == 1)
    writer.transport.abort()
    payments.pause.set()
    await until(lambda: gateway.count("gateway_webhooks_total", endpoint="platform", outcome="recorded") == 1)
    assert gateway.count("gateway_in_flight") == 0
    assert (await gateway.deliver(body)).json()["duplicate"] is True
    assert [line["outcome"] for line in gateway.lines()] == ["recorded", "duplicate"]


async def test_a_full_queue_is_told_at_once(monkeypatch: pytest.MonkeyPatch, payments: PaymentsDouble) -> None:
    limits = replace(PATIENT, waiting_events_max=3)
    async with limited(limits, payments, monkeypatch) as gateway:
        payments.pause = asyncio.Event()
        deliveries = [asyncio.create_task(gateway.deliver(event("evt_held")))]
        await until(lambda: len(payments.groups) == 1)
        deliveries += [asyncio.create_task(gateway.deliver(event(f"evt_{number}"))) for number in range(3)]
        await until(lambda: gateway.count("gateway_queue_depth") == 3)
        response = await gateway.deliver(event("evt_too_many"))
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
        assert gateway.count("gateway_record_failures_total", code="QUEUE_FULL") == 1
        payments.pause.set()
        assert {(await delivery).status_code for delivery in deliveries} == {200}


async def test_a_full_queue_of_bytes_is_too(monkeypatch: pytest.MonkeyPatch, payments: PaymentsDouble) -> None:
    async with limited(replace(PATIENT, waiting_bytes_max=1_000), payments, monkeypatch) as gateway:
        assert (await gateway.deliver(event("evt_small"))).status_code == 200
        assert (await gateway.deliver(event("evt_large", pad="x" * 1_000))).status_code == 503


async def test_a_second_call_begins_when_a_whole_group_waits(
    monkeypatch: pytest.MonkeyPatch, payments: PaymentsDouble
) -> None:
    async with limited(replace(PATIENT, group_events_max=5, calls_max=3), payments, monkeypatch) as gateway:
        payments.pause = asyncio.Event()
        deliveries = [asyncio.create_task(gateway.deliver(event(f"evt_{number}"))) for number in range(30)]
        await until(lambda: gateway.count("gateway_in_flight") == 30)
        await until(lambda: len(payments.groups) == 3)
        assert gateway.count("gateway_queue_depth") == 30 - sum(payments.groups)
        payments.pause.set()
        assert {(await delivery).status_code for delivery in deliveries} == {200}


async def test_a_call_that_is_stuck_does_not_hold_up_the_next(
    monkeypatch: pytest.MonkeyPatch, payments: PaymentsDouble
) -> None:
    async with limited(RecorderLimits(stuck_s=0.1), payments, monkeypatch) as gateway:
        payments.pause = asyncio.Event()
        stuck = asyncio.create_task(gateway.deliver(event("evt_stuck")))
        await until(lambda: len(payments.groups) == 1)
        held, payments.pause = payments.pause, None
        for number in range(3):
            assert (await gateway.deliver(event(f"evt_next_{number}"))).status_code == 200
        assert not stuck.done()
        held.set()
        assert (await stuck).status_code == 200


async def test_a_delivery_that_waits_too_long_is_given_up_and_not_sent(
    monkeypatch: pytest.MonkeyPatch, payments: PaymentsDouble
) -> None:
    payments.pause = asyncio.Event()
    async with limited(PATIENT, payments, monkeypatch, rpc_timeout_ms=300) as gateway:
        deliveries = [asyncio.create_task(gateway.deliver(event(f"evt_{number}"))) for number in range(10)]
        assert {(await delivery).status_code for delivery in deliveries} == {503}
        assert gateway.count("gateway_record_failures_total", code="DEADLINE_EXCEEDED") == 10
        payments.pause.set()
        sent = len(payments.requests)
        assert (await gateway.deliver(event("evt_after"))).status_code == 200
        assert [item.envelope.event_id for item in payments.requests[sent:]] == ["evt_after"]


async def test_a_stop_answers_all_that_were_accepted(payments: PaymentsDouble) -> None:
    async with run_gateway(make_settings(payments.address)) as gateway:
        payments.pause = asyncio.Event()
        deliveries = [asyncio.create_task(gateway.deliver(event(f"evt_{number}"))) for number in range(30)]
        await until(lambda: gateway.count("gateway_in_flight") == 30)
        gateway.gateway.stop()
        await until(lambda: gateway.lines()[-1:] != [] and gateway.lines()[-1]["event"] == "stopping")
        payments.pause.set()
        assert {(await delivery).status_code for delivery in deliveries} == {200}
        async with asyncio.timeout(PATIENCE_S):
            await gateway.task
    assert len({item.envelope.event_id for item in payments.requests}) == 30


class Waiting:
    """A delivery that only remembers what it was told."""

    request, request_id, size, deadline, ended = b"\n\x00", "r", 0, 0.0, False

    def __init__(self) -> None:
        self.told: list[str] = []

    def recorded(self, *, duplicate: bool) -> None:
        self.told.append(f"recorded, duplicate: {duplicate}")

    def not_recorded(self, reason: str, _: str) -> None:
        self.told.append(reason)
        self.ended = True


async def test_a_recorder_that_is_closed_leaves_nobody_waiting(payments: PaymentsDouble) -> None:
    payments.pause = asyncio.Event()
    limits = replace(PATIENT, calls_max=2, group_events_max=1)
    async with grpc.aio.insecure_channel(payments.address) as channel:
        recorder = EventRecorder(channel, (), 60.0, Metrics(), limits)
        deliveries = [Waiting() for _ in range(4)]
        for delivery in deliveries:
            recorder.submit(delivery)
        await until(lambda: len(payments.groups) == 2)
        await recorder.close()
    assert [delivery.told[0] for delivery in deliveries] == ["CANCELLED"] * 4
