"""Real processes: one or several on a port, killed, replaced, stopped."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
from payments_api.v1 import ledger_service_pb2

from payments_service.transport.development_token import mint_development_token
from tests.integration.payments_service.transport.harness import GET_BALANCE, make_settings, until

PROGRAM = "tests.integration.payments_service.transport.served_application"
ROOT = Path(__file__).parents[4]
GRACE_SECONDS = 30.0


@dataclass
class Served:
    """A started program and what it said when it was ready."""

    process: asyncio.subprocess.Process
    address: str
    metrics_address: str
    log: Path
    temporary: Path

    def children(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children()
        return found

    async def ask(self, code: str = "usd") -> str:
        """Call over a connection of its own; the answer is the id of the process that answered."""
        metadata = (("authorization", f"Bearer {mint_development_token(make_settings())}"),)
        async with grpc.aio.insecure_channel(self.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = channel.unary_unary(
                f"/{GET_BALANCE.full_name}",
                request_serializer=ledger_service_pb2.GetBalanceRequest.SerializeToString,
                response_deserializer=ledger_service_pb2.GetBalanceResponse.FromString,
            )
            request = ledger_service_pb2.GetBalanceRequest(code=code)
            reply = await stub(request, metadata=metadata, timeout=20, wait_for_ready=True)
        name: str = reply.balance.code
        return name

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        async with asyncio.timeout(GRACE_SECONDS):
            return await self.process.wait()

    def log_lines(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]


async def start(
    tmp_path: Path, processes: int, factory: str = "make_application", address: str = "127.0.0.1:0", metrics: str = ""
) -> asyncio.subprocess.Process:
    temporary = tmp_path / "temporary"
    temporary.mkdir(exist_ok=True)
    with (tmp_path / "log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            PROGRAM,
            str(processes),
            factory,
            address,
            metrics,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(temporary)},
        )


@asynccontextmanager
async def served(tmp_path: Path, processes: int, **options: str) -> AsyncIterator[Served]:
    process = await start(tmp_path, processes, **options)
    family: list[psutil.Process] = []
    try:
        assert process.stdout is not None
        async with asyncio.timeout(GRACE_SECONDS):
            line = await process.stdout.readline()
        assert line, (tmp_path / "log").read_text()
        said = json.loads(line)
        assert said["event"] == "ready"
        family = psutil.Process(process.pid).children()
        yield Served(process, said["address"], said["metrics_address"], tmp_path / "log", tmp_path / "temporary")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        _end(family)


def _end(family: Iterable[psutil.Process]) -> None:
    """Leave nothing behind, also when a test fails."""
    for member in family:
        if member.is_running():
            member.kill()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_ends_everything_with_0(tmp_path: Path, processes: int, number: signal.Signals) -> None:
    async with served(tmp_path, processes) as running:
        children = running.children()
        assert len(children) == (0 if processes == 1 else processes)
        assert await running.ask()
        assert await running.stop(number) == 0
        assert all(gone(child) for child in children)
        assert len(running.log_lines("stopped")) == processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_that_comes_twice_is_still_a_graceful_stop(tmp_path: Path, number: signal.Signals) -> None:
    async with served(tmp_path, 2) as running:
        call = asyncio.create_task(running.ask("slow"))
        await until(lambda: len(running.log_lines("slow_call_began")) == 1)
        for member in (*running.children(), psutil.Process(running.process.pid)):
            member.send_signal(number)
        assert await running.stop(number) == 0
        assert await call
        assert len(running.log_lines("stopped")) == 2


async def test_calls_in_progress_finish_when_the_parent_is_told_to_stop(tmp_path: Path) -> None:
    async with served(tmp_path, 2) as running:
        calls = [asyncio.create_task(running.ask("slow")) for _ in range(8)]
        await until(lambda: len(running.log_lines("slow_call_began")) == 8)
        assert await running.stop() == 0
        assert all(await asyncio.gather(*calls))


async def test_both_processes_answer_on_the_one_port(tmp_path: Path) -> None:
    async with served(tmp_path, 2) as running:
        expected = {str(child.pid) for child in running.children()}
        answered: set[str] = set()
        async with asyncio.timeout(20):
            while answered != expected:
                answered.add(await running.ask())


async def test_a_killed_process_is_replaced(tmp_path: Path) -> None:
    async with served(tmp_path, 2) as running:
        before = running.children()
        before[0].kill()
        await until(lambda: len(running.log_lines("process_serving")) == 3)
        after = {child.pid for child in running.children()}
        assert len(after) == 2
        assert after & {child.pid for child in before} == {before[1].pid}
        [death] = running.log_lines("process_died")
        assert death["exit_code"] == -signal.SIGKILL
        answered: set[str] = set()
        async with asyncio.timeout(20):
            while answered != {str(pid) for pid in after}:
                answered.add(await running.ask())
        assert await running.stop() == 0


async def test_when_the_parent_is_killed_its_processes_drain_and_go(tmp_path: Path) -> None:
    async with served(tmp_path, 2, metrics="127.0.0.1:0") as running:
        children = running.children()
        assert list(running.temporary.iterdir()) != []
        await running.stop(signal.SIGKILL)
        await until(lambda: all(gone(child) for child in children), seconds=GRACE_SECONDS)
        assert len(running.log_lines("stopped")) == 2
        assert list(running.temporary.iterdir()) == []


@pytest.mark.parametrize("processes", [1, 2])
async def test_metrics_add_up_over_the_processes(tmp_path: Path, processes: int) -> None:
    async with served(tmp_path, processes, metrics="127.0.0.1:0") as running:
        for _ in range(6):
            await running.ask()
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            text = (await client.get(f"http://{running.metrics_address}/metrics")).text
        assert _sample(text, 'payments_rpc_calls_total{code="OK",method="' + GET_BALANCE.full_name) == 6
        assert _sample(text, 'payments_rpc_duration_seconds_count{method="' + GET_BALANCE.full_name) == 6
        assert _sample(text, "payments_serving") == processes
        assert await running.stop() == 0
        assert list(running.temporary.iterdir()) == []


def _sample(text: str, name: str) -> float:
    [line] = [line for line in text.splitlines() if line.startswith(name)]
    return float(line.rpartition(" ")[2])


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"address": "0.0.0.0:0"}, "PAYMENTS_GRPC_ADDRESS: 0.0.0.0:0 can be reached from other machines"),
        ({"address": "127.0.0.1:{taken}"}, "PAYMENTS_GRPC_ADDRESS: cannot listen on 127.0.0.1:"),
        ({"metrics": "127.0.0.1:{taken}"}, "PAYMENTS_METRICS_ADDRESS: cannot listen on 127.0.0.1:"),
        ({"factory": "fail_to_make"}, "PAYMENTS_DATABASE_URL: cannot be reached"),
    ],
    ids=["plaintext beyond loopback", "gRPC port in use", "metrics port in use", "application cannot be made"],
)
async def test_what_keeps_it_from_starting_is_said_in_one_line(
    tmp_path: Path, processes: int, options: dict[str, str], complaint: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        named = {key: value.format(taken=taken.getsockname()[1]) for key, value in options.items()}
        process = await start(tmp_path, processes, **named)
        async with asyncio.timeout(GRACE_SECONDS):
            out, _ = await process.communicate()
    said = [line for line in (tmp_path / "log").read_text().splitlines() if not line.startswith("{")]
    assert len(said) == 1, said
    assert said[0].startswith(complaint)
    assert (process.returncode, out) == (2, b"")
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_processes_that_cannot_start_are_not_tried_for_ever(tmp_path: Path) -> None:
    process = await start(tmp_path, 2, "break_down")
    async with asyncio.timeout(GRACE_SECONDS):
        await process.wait()
    log = (tmp_path / "log").read_text()
    assert process.returncode == 2
    assert "RuntimeError: a defect" in log
    assert log.splitlines()[-1].startswith("a server process ended with 1 before it was serving")


async def test_a_second_server_does_not_slip_in_beside_the_first(tmp_path: Path) -> None:
    async with served(tmp_path, 2) as running:
        second = tmp_path / "second"
        second.mkdir()
        process = await start(second, 2, address=running.address)
        async with asyncio.timeout(GRACE_SECONDS):
            assert await process.wait() == 2
        assert "cannot listen on" in (second / "log").read_text()
