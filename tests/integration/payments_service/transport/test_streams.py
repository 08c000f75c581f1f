"""A stream of calls: each request goes all the way of a call, and a stream never outlives what ends it."""

import asyncio

import grpc
import pytest
from google.protobuf.message import Message
from payments_api.internal.v1 import stripe_event_service_pb2 as pb

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.transport import rpc_handlers
from payments_service.transport.call import Call
from tests.integration.payments_service.transport.harness import (
    METHODS,
    WAIT_SECONDS,
    Answer,
    Failed,
    Running,
    serving,
    until,
)

GROUPS = next(method for method in METHODS if method.name == "RecordEventGroups")
Stream = grpc.aio.StreamStreamCall[bytes, bytes]


def request(events: int = 1) -> bytes:
    return pb.RecordEventGroupsRequest(items=[pb.RecordEventsItem()] * events).SerializeToString()


async def count(asked: pb.RecordEventGroupsRequest, _: Call) -> Message:
    """As many results as there were events."""
    return pb.RecordEventGroupsResponse(results=[pb.RecordEventsResult()] * len(asked.items))


def answered_by(answer: Answer) -> dict[str, Answer]:
    return {GROUPS.full_name: answer}


def open_stream(running: Running, token: str = "", *metadata: tuple[str, str]) -> Stream:
    opened: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = running.channel.stream_stream(f"/{GROUPS.full_name}")
    bearer = token or running.token()
    return opened(metadata=(("authorization", f"Bearer {bearer}"), *metadata), timeout=WAIT_SECONDS)


async def ask(stream: Stream, events: int = 1) -> int:
    """Sends a group; returns how many results came, -1 where the stream ended without any."""
    await stream.write(request(events))
    reply = await stream.read()
    return len(pb.RecordEventGroupsResponse.FromString(reply).results) if isinstance(reply, bytes) else -1


async def failure(stream: Stream, events: int = 1) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await ask(stream, events)
    return Failed.of(failed.value)


async def test_each_request_is_answered_and_logged_as_a_call() -> None:
    async with serving(answered_by(count)) as running:
        stream = open_stream(running)
        assert [await ask(stream, events) for events in (1, 2, 3)] == [1, 2, 3]
        await stream.done_writing()
        assert await stream.read() is grpc.aio.EOF
        assert await stream.code() is grpc.StatusCode.OK
        lines = running.log_lines()
    assert [(line["method"], line["code"]) for line in lines] == [(GROUPS.full_name, "OK")] * 3
    assert len({line["request_id"] for line in lines}) == 3


async def test_a_stream_needs_a_token_and_its_scope() -> None:
    async with serving(answered_by(count)) as running:
        nobody = await failure(open_stream(running, "none"))
        assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
        reader = await failure(open_stream(running, running.token(scopes=["payments.read"])))
        assert (reader.code, reader.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


async def test_a_request_that_breaks_a_rule_ends_the_stream_with_what_is_wrong() -> None:
    async with serving(answered_by(count)) as running:
        stream = open_stream(running, "", ("x-request-id", "of-the-stream"))
        assert await ask(stream) == 1
        refused = await failure(stream, 65)
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert "items must be 1 to 64" in refused.message
    assert refused.trailing["x-request-id"] == "of-the-stream"


async def test_a_defect_ends_the_stream_and_tells_nothing() -> None:
    async def broken(*_: object) -> Message:
        raise ValueError("a secret")

    async with serving(answered_by(broken)) as running:
        failed = await failure(open_stream(running))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in failed.message


async def test_each_request_has_the_deadline_of_a_call() -> None:
    async def slow(*_: object) -> Message:
        await asyncio.sleep(WAIT_SECONDS)
        raise AssertionError("never ended")

    async with serving(answered_by(slow), grpc_deadline_default_ms=100, grpc_deadline_max_ms=100) as running:
        late = await failure(open_stream(running))
    assert (late.code, late.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


async def test_a_stream_at_rest_is_no_call_in_progress() -> None:
    async with serving(answered_by(count), grpc_concurrency_max=1) as running:
        streams = [open_stream(running) for _ in range(3)]
        assert [await ask(stream) for stream in streams] == [1, 1, 1]
        assert [await ask(stream) for stream in streams] == [1, 1, 1]
        for stream in streams:
            stream.cancel()


async def test_an_error_of_one_stream_is_not_another_s() -> None:
    async def sometimes(asked: pb.RecordEventGroupsRequest, call: Call) -> Message:
        if len(asked.items) > 1:
            raise PaymentsError(Reason.DATABASE_UNAVAILABLE, "try again")
        return await count(asked, call)

    async with serving(answered_by(sometimes)) as running:
        good, bad = open_stream(running), open_stream(running)
        assert [await ask(good), await ask(bad)] == [1, 1]
        assert (await failure(bad, 2)).reason == "DATABASE_UNAVAILABLE"
        assert await ask(good) == 1
        good.cancel()


async def test_a_stop_ends_a_busy_stream_when_it_has_answered() -> None:
    release, started = asyncio.Event(), asyncio.Event()

    async def held(asked: pb.RecordEventGroupsRequest, call: Call) -> Message:
        started.set()
        await release.wait()
        return await count(asked, call)

    async with serving(answered_by(held)) as running:
        stream = open_stream(running)
        asking = asyncio.create_task(ask(stream, 2))
        await until(started.is_set)
        draining = asyncio.create_task(running.server.drain())
        await until(lambda: bool(running.log_lines("draining")))
        release.set()
        assert await asking == 2
        assert await stream.read() is grpc.aio.EOF
        assert await stream.code() is grpc.StatusCode.OK
        await draining
        assert running.application.closed == 1


async def test_a_stream_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answered_by(count)) as running:
        stream = open_stream(running)
        assert await ask(stream) == 1
        monkeypatch.setattr(rpc_handlers, "STREAM_SECONDS_MAX", 0.0)
        short = open_stream(running)
        assert await short.read() is grpc.aio.EOF
        assert await short.code() is grpc.StatusCode.OK
        assert await ask(stream) == 1
        stream.cancel()


async def test_a_caller_that_leaves_is_logged_once() -> None:
    started = asyncio.Event()

    async def endless(*_: object) -> Message:
        started.set()
        await asyncio.sleep(WAIT_SECONDS)
        raise AssertionError("never ended")

    async with serving(answered_by(endless)) as running:
        stream = open_stream(running)
        await stream.write(request())
        await until(started.is_set)
        stream.cancel()
        await until(lambda: bool(running.log_lines()))
        [line] = running.log_lines()
    assert line["code"] == "CANCELLED"
