"""`payments up` and `payments demo`, as a user runs them: in a folder, in a terminal, with Ctrl-C and worse."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.programs import BIN, PATIENCE_SECONDS, Family, clean_environment, run

pytestmark = pytest.mark.xdist_group("e2e-up")

FREE = "127.0.0.1:0"
ADDRESSES = {
    "PAYMENTS_GRPC_ADDRESS": FREE,
    "PAYMENTS_GRPC_MTLS_ADDRESS": FREE,
    "PAYMENTS_METRICS_ADDRESS": FREE,
    "PAYMENTS_WORKER_METRICS_ADDRESS": FREE,
    "GATEWAY_ADDRESS": FREE,
    "SANDBOX_ADDRESS": FREE,
}
GONE_SECONDS = 10.0
"""How long after their parent's violent death children may live."""

LOOK_SECONDS = 0.1
"""How often to look who is there, which goes through all processes of the machine."""

EVERYBODY = 8
"""`up` itself, sandbox, gateway, server, worker, Postgres' keeper, Postgres, and at least one process of its."""


class Up:
    """`payments up`, running."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        self.output = folder / "output"
        self.errors = folder / "errors"
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [str(BIN / "payments"), "up", *options],
                cwd=folder,
                env=clean_environment(**ADDRESSES | variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
        self.family = Family(self.process.pid)

    def wait_for(self, text: str) -> str:
        """Wait until it has printed a text; gives all that it has printed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in (printed := self.output.read_text()):
            self.family.look()
            assert self.process.poll() is None, self.all_it_said()
            assert time.monotonic() < deadline, printed + self.all_it_said()
            time.sleep(LOOK_SECONDS)
        self.family.look()
        return printed

    def all_it_said(self) -> str:
        """What went wrong, with the logs of its processes."""
        logs = sorted((self.errors.parent / ".payments" / "logs").glob("*.log"))
        return "\n".join([self.errors.read_text(), *(f"--- {log.name}\n{log.read_text()}" for log in logs)])

    def ended(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running(folder: Path, *options: str, **variables: str) -> Iterator[Up]:
    up = Up(folder, *options, **variables)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.process.terminate()
            up.process.wait(PATIENCE_SECONDS)


def watched(folder: Path, *options: str, **variables: str) -> tuple[int, Up]:
    """Run `payments up` to its end, noting every process that it starts; gives the exit code."""
    with running(folder, *options, **variables) as up:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(LOOK_SECONDS):
                up.family.look()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            return up.ended(), up
        finally:
            done.set()
            watcher.join()


def test_once_exits_with_0_twice_in_a_row_and_leaves_no_process(tmp_path: Path) -> None:
    code, up = watched(tmp_path, "--once", "--json")
    assert code == 0, up.all_it_said()
    assert up.family.look() >= EVERYBODY
    assert up.family.left() == []
    document = json.loads(up.output.read_text())
    assert document["ok"] is True
    assert document["problems"] == []
    assert document["purchase"]["status"] == "PARTIALLY_REFUNDED"
    [fees] = document["fees"]
    seller = fees.pop("seller")
    assert fees == {
        "currency": "usd",
        "gross_minor": 10_000,
        "fees_minor": 320,
        "refunded_minor": 4_000,
        "transferred_minor": 6_000,
        "platform_fee_minor": 600,
        "net_minor": 280,
    }
    assert seller == {"gross_minor": 10_000, "fees_minor": 600, "refunded_minor": 4_000, "net_minor": 5_400}
    assert [total["difference_minor"] for total in document["trial_balance"]["totals"]] == [0]
    assert [(line["ledger_minor"], line["difference_minor"]) for line in document["stripe_balance"]] == [(280, 0)]
    assert document["stripe_balance_over_http_minor"] == {"usd": 280}
    assert document["seller_balance_over_http_minor"] == {"usd": 5_400}
    kept = re.search(r"^database (\S+): new", up.errors.read_text(), re.MULTILINE)
    assert kept is not None

    # The sandbox has forgotten its money by now, and Postgres has not.
    code, up = watched(tmp_path, "--once")
    assert code == 0, up.all_it_said()
    assert up.family.left() == []
    printed = up.output.read_text()
    assert "Every figure is right" in printed
    for shown in (
        "CreateAccount",
        "both books posted",
        "PARTIALLY_REFUNDED",
        "54.00",
        "3.20",
        "2.80",
        "expense:stripe_fee:usd",
    ):
        assert shown in printed
    assert f"the newest is {kept[1]}" in up.errors.read_text()
    assert not (tmp_path / ".payments" / "stack.json").exists()


def test_it_serves_what_it_says_until_ctrl_c_and_leaves_no_process(tmp_path: Path) -> None:
    with running(tmp_path) as up:
        printed = up.wait_for("Serving until Ctrl-C")
        assert up.family.look() >= EVERYBODY
        assert (tmp_path / ".payments" / "stack.json").stat().st_mode & 0o777 == 0o600
        for private in ("keys", "tls"):
            assert (tmp_path / ".payments" / private).stat().st_mode & 0o777 == 0o700

        with ThreadPoolExecutor() as pool:
            demos = list(pool.map(lambda _: run("payments", "demo", "--json", folder=tmp_path), range(3)))
        assert {(demo.returncode, demo.stderr) for demo in demos} == {(0, "")}
        mirrors = [json.loads(demo.stdout)["stripe_balance"] for demo in demos]
        # Who looks last sees all four refunded; the others may have looked before somebody's refund.
        assert 4 * 280 in {line["ledger_minor"] for [line] in mirrors}
        assert {line["difference_minor"] for [line] in mirrors} == {0}

        other = run("payments", "up", "--once", folder=tmp_path, **ADDRESSES)
        assert (other.returncode, other.stdout) == (1, "")
        [line] = other.stderr.splitlines()
        assert f"a stack runs already on {tmp_path / '.payments'} (process {up.process.pid}): gRPC 127.0.0.1:" in line

        _paste(_lines_to_paste(printed), tmp_path)

        up.process.send_signal(signal.SIGINT)
        assert up.ended() == 0
        assert up.family.wait_until_gone(0.0) == []


def test_after_kill_9_no_process_is_left_and_the_next_start_works_until_one_of_its_own_dies(tmp_path: Path) -> None:
    with running(tmp_path) as up:
        up.wait_for("Serving until Ctrl-C")
        assert up.family.look() >= EVERYBODY
        up.process.kill()
        up.ended()
        assert up.family.wait_until_gone(GONE_SECONDS) == []
    nobody = run("payments", "demo", folder=tmp_path)
    assert nobody.returncode == 1
    assert "no stack is running" in nobody.stderr
    with running(tmp_path, "--plaintext", PAYMENTS_GRPC_MTLS_ADDRESS="") as up:
        printed = up.wait_for("Serving until Ctrl-C")
        assert re.search(r"^gRPC +127.0.0.1:\d+, in the clear$", printed, re.MULTILINE)
        assert "--cacert" not in printed
        demo = run("payments", "demo", folder=tmp_path)
        assert demo.returncode == 0, demo.stderr
        up.family.look()
        os.kill(up.family.pid_of("payments_service worker"), signal.SIGKILL)
        assert up.ended() == 1
        assert up.family.wait_until_gone(0.0) == []
    complaint = up.errors.read_text()
    assert "payments: the worker ended with -9." in complaint
    assert "worker.log" in complaint
    assert "Traceback" not in complaint


def test_when_a_process_cannot_start_it_shows_why_and_stops_everything(tmp_path: Path) -> None:
    code, up = watched(tmp_path, GATEWAY_LOG_LEVEL="shouting")
    assert code == 1
    assert up.family.left() == []
    complaint = up.errors.read_text()
    assert "payments: the gateway ended with 2 before it was ready." in complaint
    assert "GATEWAY_LOG_LEVEL" in complaint
    assert "Traceback" not in complaint


def test_an_address_that_was_set_and_is_taken_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("payments", "up", "--once", folder=tmp_path, **ADDRESSES | {"GATEWAY_ADDRESS": address})
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"payments: GATEWAY_ADDRESS: cannot listen on {address}: ")


def _lines_to_paste(printed: str) -> list[str]:
    _, _, after = printed.partition("To paste, in this folder:\n\n")
    lines, _, _ = after.partition("\n\n")
    return lines.splitlines()


def _paste(lines: list[str], folder: Path) -> None:
    """Run the lines in one shell as a user would paste them; each must succeed."""
    commands = [line for line in lines if not line.startswith("grpcurl") or shutil.which("grpcurl")]
    assert [line.split()[0] for line in commands].count("curl") >= 4
    assert any("buf curl" in line and "--cacert" in line for line in commands)
    assert any("buf curl" in line and "--cert " in line for line in commands)
    script = "set -eu\n" + "\n".join(commands)
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"state": "PAYMENT_STATE_SUCCEEDED"' in done.stdout
    assert '{"ready":true}' in done.stdout
    assert "payments_rpc_calls_total" in done.stdout
    assert '"object":"balance"' in done.stdout
    assert "Every figure is right" in done.stdout
