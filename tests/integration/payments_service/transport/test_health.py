"""Health follows the application's probe, for each service, without a token."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no types

from payments_service.transport import health as health_module
from tests.integration.payments_service.transport.harness import GET_BALANCE, SERVICES, Running, serving, until

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture(autouse=True)
def probe_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "PROBE_INTERVAL_SECONDS", 0.01)


def stub_of(running: Running) -> health_pb2_grpc.HealthStub:
    return health_pb2_grpc.HealthStub(running.channel)


async def check(running: Running, service: str = "") -> int:
    status: int = (await stub_of(running).Check(health_pb2.HealthCheckRequest(service=service))).status
    return status


@pytest.mark.parametrize("service", ["", *SERVICES])
async def test_each_service_and_the_whole_have_a_status(service: str) -> None:
    async with serving() as running:
        assert await check(running, service) == SERVING


async def test_a_service_that_is_not_here_is_not_found() -> None:
    async with serving() as running:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await check(running, "elsewhere.Service")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_all_statuses_can_be_listed() -> None:
    async with serving() as running:
        listed = await stub_of(running).List(health_pb2.HealthListRequest())
    assert {name: entry.status for name, entry in listed.statuses.items()} == dict.fromkeys(["", *SERVICES], SERVING)


async def test_the_status_follows_the_probe_both_ways() -> None:
    async with serving() as running:
        running.application.healthy = False
        await until(lambda: not running.server.health.serving.is_set())
        assert await check(running) == NOT_SERVING
        running.application.healthy = True
        await until(running.server.health.serving.is_set)
        assert await check(running) == SERVING


async def raises() -> bool:
    raise ConnectionError("the database is away")


async def hangs() -> bool:
    return await asyncio.Event().wait()


@pytest.mark.parametrize("probe", [raises, hangs])
async def test_a_probe_that_raises_or_hangs_counts_as_no(
    probe: Callable[[], Awaitable[bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "PROBE_TIMEOUT_SECONDS", 0.05)
    health = health_module.Health(SERVICES)
    health.set_serving(True)
    probing = asyncio.create_task(health.keep_probing(probe))
    await until(lambda: not health.serving.is_set())
    probing.cancel()


async def test_a_watcher_hears_each_change_and_is_let_go_at_the_drain() -> None:
    async with serving() as running:
        watch = stub_of(running).Watch(health_pb2.HealthCheckRequest())
        seen = _statuses(watch)
        assert await anext(seen) == SERVING
        running.application.healthy = False
        assert await anext(seen) == NOT_SERVING
        running.application.healthy = True
        assert await anext(seen) == SERVING
        draining = asyncio.create_task(running.server.drain())
        assert await anext(seen) == NOT_SERVING
        assert [status async for status in seen] == []
        async with asyncio.timeout(5):  # well below the grace: a watcher does not hold up a drain
            await draining


async def _statuses(watch: AsyncIterator[health_pb2.HealthCheckResponse]) -> AsyncIterator[int]:
    async for response in watch:
        yield response.status


async def test_watching_an_unknown_service_says_so() -> None:
    async with serving() as running:
        watch = stub_of(running).Watch(health_pb2.HealthCheckRequest(service="elsewhere.Service"))
        assert await anext(_statuses(watch)) == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        watch.cancel()


async def test_health_answers_while_calls_are_shed() -> None:
    hold = asyncio.Event()

    async def answer(*_: object) -> Message:
        await hold.wait()
        return GET_BALANCE.response_class()

    async with serving({GET_BALANCE.full_name: answer}, grpc_concurrency_max=1) as running:
        call = running.call()
        waiting = asyncio.ensure_future(call.wait_for_connection())
        await until(lambda: running.server._load_shed.in_flight == 1)
        assert (await running.failure()).reason == "OVERLOADED"
        assert await check(running) == SERVING
        hold.set()
        await waiting
        await call
