"""What `payments demo` says when it cannot play the purchase: one line, and what to do."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stripe_sandbox.runner import SandboxThread
from stripe_sandbox.settings import SandboxSettings
from tests.integration.payments_service.cli.commands import payments

NOWHERE = "127.0.0.1:1"
BY_HAND = "call AccountService.CreateAccount, let the seller go through Stripe's onboarding"


class _NotFound(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is for the test."""


@pytest.fixture
def other_double() -> Iterator[str]:
    """Something that is no sandbox of ours."""
    with HTTPServer(("127.0.0.1", 0), _NotFound) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with SandboxThread(SandboxSettings(address="127.0.0.1:0", log_level="warning")) as thread:
        yield thread.url


def demo(folder: Path, *options: str, **variables: str) -> tuple[int, str]:
    """The exit code and the only line on standard error."""
    done = payments("demo", "--target", NOWHERE, "--token", "x", *options, folder=folder, **variables)
    [line] = done.stderr.splitlines()
    assert done.stdout == ""
    return done.returncode, line


def test_without_a_sandbox_it_says_what_to_do_with_stripe_itself(tmp_path: Path) -> None:
    code, line = demo(tmp_path)
    assert code == 2
    assert line.startswith("payments: --sandbox: the demonstration opens a seller")
    assert BY_HAND in line


def test_it_takes_no_other_double_of_stripe_for_our_sandbox(tmp_path: Path, other_double: str) -> None:
    code, line = demo(tmp_path, PAYMENTS_STRIPE_API_BASE=other_double)
    assert code == 2
    assert line.startswith(f"payments: --sandbox: {other_double} is not our sandbox; ")
    assert BY_HAND in line


def test_a_sandbox_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, line = demo(tmp_path, "--sandbox", "http://127.0.0.1:1")
    assert code == 1
    assert line.startswith("payments: --sandbox: nothing answers at http://127.0.0.1:1 (ConnectError)")


def test_a_service_that_is_not_there_is_unavailable(tmp_path: Path, sandbox: str) -> None:
    code, line = demo(tmp_path, "--sandbox", sandbox)
    assert code == 1
    assert "failed: UNAVAILABLE" in line
