"""The load client against a real gRPC server on C-core."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from bench.load.grpc_phase import run

LARGE = 300_000
"""More than any window that a connection begins with."""


class Script:
    """Requests of a size, which the server echoes."""

    def __init__(self, size: int) -> None:
        self._request = bytes(size)

    def next(self) -> bytes:
        return self._request

    def effects(self, reply: bytes) -> int:
        return int(reply == self._request)


SCRIPT = f"{__name__}:Script"


async def echo(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    metadata = dict(context.invocation_metadata() or ())
    if metadata["authorization"] != "Bearer secret":
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
    return request


@pytest.fixture
async def target() -> AsyncIterator[str]:
    server = grpc.aio.server()
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(0)


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts are found by their names, and this module has none that can be imported."""
    monkeypatch.setattr("bench.load.grpc_phase.load_script", lambda _, arguments: Script(**arguments))


async def phase(target: str, size: int, *, token: str = "secret", callers: int = 8) -> dict[str, object]:
    return await run(
        target=target,
        method="test.Echo/Echo",
        token=token,
        script=SCRIPT,
        arguments={"size": size},
        callers=callers,
        connections=2,
        warm_seconds=0.05,
        seconds=0.2,
    )


@pytest.mark.parametrize("size", [0, 200, LARGE])
async def test_every_call_is_answered_with_its_own_reply(target: str, size: int) -> None:
    result = await phase(target, size)
    assert result["failures"] == {}
    assert isinstance(result["total"], int)
    assert result["total"] >= 8
    assert result["effects"] == result["total"]


async def test_refused_calls_are_failures_with_their_status(target: str) -> None:
    result = await phase(target, 200, token="wrong", callers=3)
    assert result["failures"] == {"status 16: who are you?": 3}
    assert result["total"] == 0


async def test_a_server_that_is_not_there_cannot_be_measured() -> None:
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    with pytest.raises(OSError, match="Connect"):
        await phase(f"127.0.0.1:{port}", 1)
