"""What the service sends to Stripe, and how long it waits for an answer."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from google.protobuf.message import Message

from payments_service.processors.stripe.client import StripeClient
from tests.integration.payments_service.application.house import House

IMPATIENT_SECONDS = 0.3
"""How long an attempt may take where a test wants it to run out of time."""


class Wire:
    """Every request to Stripe from now on, as it leaves."""

    def __init__(self, house: House) -> None:
        self._sent: list[tuple[str, str]] = []
        house.core.stripe_client._http._client_async.event_hooks = {"request": [self._note]}

    async def _note(self, request: httpx.Request) -> None:
        self._sent.append((request.method, request.url.path))

    @property
    def posts(self) -> list[str]:
        """Paths of what could change something."""
        return [path for method, path in self._sent if method == "POST"]

    @property
    def gets(self) -> list[str]:
        """Paths of what was looked up."""
        return [path for method, path in self._sent if method == "GET"]


@contextmanager
def patience(house: House, seconds: float = 5.0, attempts: int = 1) -> Iterator[None]:
    """Another time limit and number of attempts for the calls within, so that what prepares them is not in a hurry."""
    client = house.core.stripe_client
    before = client._settings
    client._settings = replace(before, timeout_seconds=seconds, attempts_max=attempts)
    try:
        yield
    finally:
        client._settings = before


@asynccontextmanager
async def refused_key(house: House) -> AsyncIterator[None]:
    """As if somebody had revoked the service's API key."""
    adapter = house.core.stripe
    before = adapter._client
    adapter._client = StripeClient(replace(before._settings, api_key="sk_test_revoked"))
    try:
        yield
    finally:
        await adapter._client.close()
        adapter._client = before


@dataclass(frozen=True)
class Reply:
    """A reply as it came over the wire."""

    body: bytes
    replayed: bool


async def send(house: House, rpc: str, request: Message) -> Reply:
    """Call a method by its full name; gives the very bytes of the reply."""
    method: Any = house.channel.unary_unary(f"/{rpc}", request_serializer=type(request).SerializeToString)
    call = method(request, metadata=house.metadata)
    body = await call
    return Reply(body, dict(await call.trailing_metadata()).get("idempotent-replay") == "true")
