"""A sandbox on a real socket, Stripe's own client for it, and a receiver of webhooks."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import stripe
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from stripe.params import PaymentIntentCreateParams

from stripe_sandbox.runner import SandboxThread
from stripe_sandbox.settings import SandboxSettings
from tests.integration.stripe_sandbox.harness import SECRET, Receiver, open_account, raw_client, stripe_client


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.setblocking(False)
    receiver = Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}/hook")
    app = Starlette(routes=[Route("/hook", receiver.receive, methods=["POST"])])
    server = _QuietServer(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield receiver
    server.should_exit = True
    await task
    listener.close()


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[SandboxThread]:
    """One sandbox for all tests of a process; deliveries go one at a time, so that they arrive in order."""
    settings = SandboxSettings(
        address="127.0.0.1:0",
        seed=1,
        log_level="error",
        capture_delay_ms=20,
        webhook_retry_initial_ms=5,
        webhook_concurrency=1,
        webhook_attempts_max=5,
    )
    with SandboxThread(settings) as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(shared_sandbox: SandboxThread) -> SandboxThread:
    """A sandbox as after its start."""
    async with raw_client(shared_sandbox.url) as raw:
        (await raw.post("/_sandbox/reset")).raise_for_status()
    return shared_sandbox


@pytest.fixture
async def hooked(sandbox: SandboxThread, receiver: Receiver) -> SandboxThread:
    """A sandbox that tells the receiver."""
    async with raw_client(sandbox.url) as raw:
        target = {"url": receiver.url, "secret": SECRET}
        (await raw.put("/_sandbox/webhooks/endpoint", json=target)).raise_for_status()
    return sandbox


@pytest.fixture
async def client(sandbox: SandboxThread) -> AsyncIterator[stripe.StripeClient]:
    client, http = stripe_client(sandbox.url)
    yield client
    await http.close_async()  # type: ignore[no-untyped-call]  # stripe-python leaves it untyped


@pytest.fixture
async def hooked_client(hooked: SandboxThread) -> AsyncIterator[stripe.StripeClient]:
    client, http = stripe_client(hooked.url)
    yield client
    await http.close_async()  # type: ignore[no-untyped-call]  # stripe-python leaves it untyped


@pytest.fixture
async def raw(sandbox: SandboxThread) -> AsyncIterator[httpx.AsyncClient]:
    async with raw_client(sandbox.url) as client:
        yield client


@pytest.fixture
async def hooked_raw(hooked: SandboxThread) -> AsyncIterator[httpx.AsyncClient]:
    async with raw_client(hooked.url) as client:
        yield client


@pytest.fixture
async def creator(raw: httpx.AsyncClient) -> str:
    """A connected account that may charge, receive and pay out."""
    return await open_account(raw)


@pytest.fixture
def marketplace(form: dict[str, str], creator: str) -> dict[str, str]:
    """A destination charge of 10,000 of which the platform keeps 1,000, as a form."""
    return {**form, "transfer_data[destination]": creator, "application_fee_amount": "1000"}


@pytest.fixture
def purchase() -> PaymentIntentCreateParams:
    """A payment that succeeds at once, as stripe-python takes it."""
    return {
        "amount": 10_000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
        "capture_method": "automatic",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }


@pytest.fixture
def form() -> dict[str, str]:
    """The same as a form."""
    return {
        "amount": "10000",
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
    }
