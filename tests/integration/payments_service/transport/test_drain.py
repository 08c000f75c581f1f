"""A graceful stop loses no call."""

import asyncio

import grpc
import pytest
from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2

from tests.integration.payments_service.transport.harness import GET_BALANCE, Answer, raw_method, serving, until


def held(release: asyncio.Event, started: asyncio.Event) -> dict[str, Answer]:
    async def answer(*_: object) -> Message:
        started.set()
        await release.wait()
        return ledger_service_pb2.GetBalanceResponse()

    return {GET_BALANCE.full_name: answer}


async def test_a_call_in_progress_finishes_and_the_application_is_closed_after_it() -> None:
    release, started = asyncio.Event(), asyncio.Event()
    async with serving(held(release, started)) as running:
        call = running.call()
        waiting = asyncio.ensure_future(call.wait_for_connection())
        await until(started.is_set)
        draining = asyncio.create_task(running.server.drain())
        await until(lambda: bool(running.log_lines("draining")))
        assert not running.server.health.serving.is_set()
        assert running.application.closed == 0
        async with grpc.aio.insecure_channel(running.server.addresses.grpc) as late:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await raw_method(late, f"/{GET_BALANCE.full_name}")(b"", timeout=5)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        release.set()
        await waiting
        assert await call == b""
        await draining
        assert running.application.closed == 1


async def test_a_call_that_outlasts_the_grace_is_cut_off() -> None:
    async with serving(held(asyncio.Event(), started := asyncio.Event()), grpc_drain_seconds=0) as running:
        call = running.call()
        waiting = asyncio.ensure_future(call.wait_for_connection())
        await until(started.is_set)
        await running.server.drain()
        with pytest.raises(grpc.aio.AioRpcError):
            await call
        waiting.cancel()
        assert running.application.closed == 1
        [line] = running.log_lines()
    assert line["code"] == "CANCELLED"


async def test_draining_twice_is_draining_once() -> None:
    async with serving() as running:
        await running.server.drain()
        await running.server.drain()
        assert running.application.closed == 1
