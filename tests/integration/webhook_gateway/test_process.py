"""The gateway as its users run it: a process with environment variables, signals and an exit code."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from tests.integration.webhook_gateway.harness import PATIENCE_S, PLATFORM_SECRETS, PaymentsDouble, event, sign

LONG_ENOUGH_TO_STOP_S = 0.7
"""An idle gateway that is told to stop has ended by then."""

COMMAND = [sys.executable, "-m", "webhook_gateway", "serve"]


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return kept | {"GATEWAY_ADDRESS": "127.0.0.1:0"} | variables


@asynccontextmanager
async def start(*, pass_fds: tuple[int, ...] = (), **variables: str) -> AsyncIterator[tuple[Process, str]]:
    """Runs the command until the block ends; gives its process and address."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, env=environment(**variables), stdout=PIPE, stderr=PIPE, pass_fds=pass_fds
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = orjson.loads(await process.stdout.readline())
        assert line["event"] == "ready"
        yield process, line["address"]
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def exit_code(process: Process) -> int:
    async with asyncio.timeout(PATIENCE_S):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_listens_serves_and_ends_with_0(
    payments: PaymentsDouble, number: signal.Signals
) -> None:
    secrets = ",".join(PLATFORM_SECRETS)
    async with start(GATEWAY_STRIPE_SECRETS=secrets, GATEWAY_PAYMENTS_TARGET=payments.address) as (process, address):
        body = event("evt_process")
        headers = {"stripe-signature": sign(body)}
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S, verify=False) as client:
            response = await client.post(f"http://{address}/stripe/webhook", content=body, headers=headers)
        assert response.json()["event_id"] == "evt_process"
        process.send_signal(number)
        assert await exit_code(process) == 0


async def test_it_ends_with_the_process_that_holds_its_lifeline(payments: PaymentsDouble) -> None:
    read_end, write_end = os.pipe()
    async with start(
        pass_fds=(read_end,),
        GATEWAY_STRIPE_SECRETS="whsec_a",
        GATEWAY_PAYMENTS_TARGET=payments.address,
        GATEWAY_LIFELINE_FD=str(read_end),
    ) as (process, _):
        # A sibling that holds the same pipe does as it likes with it.
        os.set_blocking(read_end, False)
        os.write(write_end, b"!")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(process.wait(), LONG_ENOUGH_TO_STOP_S)
        os.close(read_end)
        os.close(write_end)
        assert await exit_code(process) == 0


async def test_grpc_is_told_how_to_behave_before_it_is_imported() -> None:
    check = "import sys, webhook_gateway.__main__; sys.exit('grpc' in sys.modules)"
    assert await exit_code(await asyncio.create_subprocess_exec(sys.executable, "-c", check)) == 0


async def test_a_bad_setting_ends_it_with_one_line() -> None:
    process = await asyncio.create_subprocess_exec(*COMMAND, env=environment(), stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(PATIENCE_S):
        output, complaint = await process.communicate()
    assert process.returncode == 2
    assert output == b""
    assert complaint.startswith(b"GATEWAY_STRIPE_SECRETS: missing; set it to")
    assert complaint.count(b"\n") == 1


async def test_a_bad_certificate_ends_it_with_one_line(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("no certificate")
    variables = environment(GATEWAY_STRIPE_SECRETS="whsec_a", GATEWAY_PAYMENTS_CA_FILE=str(authority))
    process = await asyncio.create_subprocess_exec(*COMMAND, env=variables, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(PATIENCE_S):
        _, complaint = await process.communicate()
    assert process.returncode == 2
    assert complaint.startswith(b"GATEWAY_PAYMENTS_CA_FILE: no certificates in ")
    assert complaint.count(b"\n") == 1
