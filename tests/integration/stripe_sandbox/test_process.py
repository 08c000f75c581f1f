"""The command itself: how it starts, what it says, how it ends."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from stripe_sandbox.runner import SandboxServer
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings

START_S = 20.0


@contextlib.asynccontextmanager
async def command(
    *arguments: str, fds: tuple[int, ...] = (), variables: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stripe_sandbox",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment, "SANDBOX_ADDRESS": "127.0.0.1:0", **(variables or {})},
        pass_fds=fds,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(process: asyncio.subprocess.Process) -> str:
    """The base URL from the line that says that it listens."""
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        line: dict[str, Any] = json.loads(await process.stdout.readline())
    assert line["event"] == "ready"
    return f"http://{line['address']}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_listens_and_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    async with command("serve") as process:
        url = await ready(process)
        async with httpx.AsyncClient(base_url=url, verify=False) as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/v1/balance", auth=(DEFAULT_API_KEY, ""))).status_code == 200
            await client.post("/v1/customers", data={"name": "Secret Name"}, auth=(DEFAULT_API_KEY, ""))
        process.send_signal(number)
        async with asyncio.timeout(START_S):
            out, err = await process.communicate()
        assert process.returncode == 0
        assert out == b""
        lines = [json.loads(line) for line in err.splitlines()]
        assert [(line["event"], line["path"], line["status"]) for line in lines] == [
            ("request", "/v1/balance", 200),
            ("request", "/v1/customers", 200),
        ]
        assert b"Secret Name" not in err
        assert DEFAULT_API_KEY.encode() not in err


async def test_it_ends_with_its_parent() -> None:
    reading, writing = os.pipe()
    async with command("serve", fds=(reading,), variables={"SANDBOX_LIFELINE_FD": str(reading)}) as process:
        await ready(process)
        assert os.get_blocking(reading), "siblings hold the same pipe, and what is set for one is set for all"
        os.close(reading)
        os.close(writing)
        async with asyncio.timeout(START_S):
            assert await process.wait() == 0


async def test_several_keys_are_accepted_and_the_default_then_is_not() -> None:
    async with command("serve", variables={"SANDBOX_API_KEYS": "sk_test_one,sk_test_two"}) as process:
        url = await ready(process)
        async with httpx.AsyncClient(base_url=url, verify=False) as client:
            statuses = [
                (await client.get("/v1/balance", auth=(key, ""))).status_code
                for key in ("sk_test_one", "sk_test_two", DEFAULT_API_KEY)
            ]
        assert statuses == [200, 200, 401]


@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [("SANDBOX_SEED", "many", 2), ("SANDBOX_LOG_LEVEL", "loud", 2), ("SANDBOX_LIFELINE_FD", "981", 2)],
)
async def test_a_wrong_setting_stops_the_start_with_one_line(variable: str, value: str, status: int) -> None:
    async with command("serve", variables={variable: value}) as process:
        async with asyncio.timeout(START_S):
            out, err = await process.communicate()
        assert (process.returncode, out) == (status, b"")
        assert err.decode().startswith(f"{variable}: ")
        assert len(err.splitlines()) == 1


async def test_an_address_in_use_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with command("serve", "--address", address) as process:
            async with asyncio.timeout(START_S):
                _, err = await process.communicate()
            assert process.returncode == 1
            assert err.decode().startswith(f"SANDBOX_ADDRESS: cannot listen on {address}")


async def test_it_runs_on_the_loop_of_a_test_and_ends_with_its_block() -> None:
    async with SandboxServer(SandboxSettings(address="127.0.0.1:0", log_level="error")) as server:
        url = server.url
        async with httpx.AsyncClient(base_url=url, verify=False) as client:
            assert (await client.get("/healthz")).status_code == 200
    async with httpx.AsyncClient(base_url=url, verify=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")
