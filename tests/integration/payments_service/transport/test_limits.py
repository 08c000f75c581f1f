"""Deadlines, load shedding and rate limits."""

import asyncio
import time

import grpc
import pytest
from google.protobuf.message import Message
from payments_api.v1 import ledger_service_pb2, payment_service_pb2

from payments_service.transport.call import Call
from tests.integration.payments_service.transport.harness import (
    CREATE_PAYMENT,
    GET_BALANCE,
    good_payment,
    serving,
    until,
)


async def never(*_: object) -> Message:
    await asyncio.Event().wait()
    return ledger_service_pb2.GetBalanceResponse()


async def test_a_mutating_call_without_a_deadline_gets_the_default() -> None:
    async with serving({CREATE_PAYMENT.full_name: never}, grpc_deadline_default_ms=150) as running:
        failed = await running.failure(CREATE_PAYMENT, good_payment())
        [line] = running.log_lines()
    assert (failed.code, failed.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert "retry with the same idempotency key" in failed.message
    assert line["reason"] == "DEADLINE_EXCEEDED"


async def test_a_deadline_longer_than_allowed_is_cut() -> None:
    async with serving(
        {GET_BALANCE.full_name: never}, grpc_deadline_default_ms=100, grpc_deadline_max_ms=150
    ) as running:
        failed = await running.failure(timeout=60)
    assert failed.reason == "DEADLINE_EXCEEDED"


async def test_a_handler_sees_the_deadline_it_has() -> None:
    left: list[float] = []

    async def answer(_: object, call: Call) -> Message:
        assert call.deadline is not None
        left.append(call.deadline - time.monotonic())
        return payment_service_pb2.CreatePaymentResponse()

    async with serving({CREATE_PAYMENT.full_name: answer}) as running:
        await running.call(CREATE_PAYMENT, good_payment())
        await running.call(CREATE_PAYMENT, good_payment(), timeout=5)
        await running.call(CREATE_PAYMENT, good_payment(), timeout=5_000)
    by_default, own, cut = left
    assert 25 < by_default <= 30
    assert 0 < own < 6  # gRPC rounds what it sends up a little
    assert 115 < cut <= 120


async def test_the_caller_s_own_deadline_stops_the_handler_and_is_logged_as_such() -> None:
    async with serving({GET_BALANCE.full_name: never}) as running:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await running.call(timeout=0.2)
        assert refused.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: bool(running.log_lines()))
        [line] = running.log_lines()
    assert (line["code"], line["reason"]) == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")


async def test_calls_beyond_the_limit_are_shed_at_once_and_the_others_finish() -> None:
    release = asyncio.Event()
    inside = 0

    async def answer(*_: object) -> Message:
        nonlocal inside
        inside += 1
        await release.wait()
        return ledger_service_pb2.GetBalanceResponse()

    async with serving({GET_BALANCE.full_name: answer}, grpc_concurrency_max=2) as running:
        waiting = [asyncio.ensure_future(_finish(running.call())) for _ in range(2)]
        await until(lambda: inside == 2)
        failed = await running.failure()
        assert (failed.code, failed.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert failed.retry_after_ms
        release.set()
        assert await asyncio.gather(*waiting) == [b"", b""]
        assert await running.call() == b""


async def _finish(call: "grpc.aio.UnaryUnaryCall[bytes, bytes]") -> bytes:
    return await call


async def test_a_caller_beyond_its_rate_is_told_when_to_retry_and_others_are_not_concerned() -> None:
    async with serving(rate_limit_per_second=2) as running:
        greedy = running.token(subject="greedy")
        for _ in range(2):
            await running.call(token=greedy)
        failed = await running.failure(token=greedy)
        assert (failed.code, failed.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert failed.retry_after_ms
        assert 0 < failed.retry_after_ms <= 500
        assert await running.call(token=running.token(subject="modest")) == b""
