"""What the sandbox's integration tests share: a receiver of webhooks and clients."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import stripe
from starlette.requests import Request
from starlette.responses import Response

from stripe_sandbox import API_VERSION
from stripe_sandbox.app import create_app
from stripe_sandbox.settings import DEFAULT_API_KEY, SandboxSettings

SECRET = "whsec_integration"
DEADLINE_S = 10.0


@dataclass
class Receiver:
    """A webhook endpoint that verifies signatures and can be told how to answer.

    Attributes:
        events: What came, in the order of arrival, duplicates included.
        answers: Statuses of the next answers; 200 once they are used up.
    """

    url: str
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    forged: int = 0

    def types(self) -> list[str]:
        return [str(event["type"]) for event in self.events]

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        parts = dict(part.split("=", 1) for part in request.headers["stripe-signature"].split(","))
        expected = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, parts["v1"]):
            self.forged += 1
            return Response(status_code=401)
        status = self.answers.pop(0) if self.answers else 200
        if status < 300:
            self.events.append(json.loads(body))
        return Response(status_code=status)


def stripe_client(url: str) -> tuple[stripe.StripeClient, stripe.HTTPXClient]:
    http = stripe.HTTPXClient()
    return stripe.StripeClient(DEFAULT_API_KEY, base_addresses={"api": url}, http_client=http), http


def raw_client(url: str) -> httpx.AsyncClient:
    """Plain HTTP with key and version, for what the library hides."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"authorization": f"Bearer {DEFAULT_API_KEY}", "stripe-version": API_VERSION},
        trust_env=False,
        verify=False,
        timeout=DEADLINE_S,
    )


def acting_for(account: str | None) -> dict[str, str]:
    """The header that makes a request one of a connected account; None stands for the platform."""
    return {} if account is None else {"stripe-account": account}


async def open_account(raw: httpx.AsyncClient, **fields: str) -> str:
    """A connected account that may charge, receive and pay out."""
    made = await raw.post("/v1/accounts", data={"type": "express", "country": "US", **fields})
    made.raise_for_status()
    identifier: str = made.json()["id"]
    (await raw.post(f"/_sandbox/accounts/{identifier}/complete_onboarding")).raise_for_status()
    return identifier


async def transactions(raw: httpx.AsyncClient, account: str | None = None) -> list[dict[str, Any]]:
    """The balance transactions of an account, oldest first."""
    found: list[dict[str, Any]] = []
    query = {"limit": "5"}
    while True:
        page = (await raw.get("/v1/balance_transactions", params=query, headers=acting_for(account))).json()
        found += page["data"]
        if not page["has_more"]:
            return found[::-1]
        query["starting_after"] = found[-1]["id"]


async def check_books(raw: httpx.AsyncClient, account: str | None = None) -> list[dict[str, Any]]:
    """Checks that an account's balance is the sum of its balance transactions, and returns these."""
    balance = (await raw.get("/v1/balance", headers=acting_for(account))).json()
    booked = [one for one in await transactions(raw, account) if one["balance_type"] == "payments"]
    for side in ("available", "pending"):
        for line in balance[side]:
            mine = [one for one in booked if (one["currency"], one["status"]) == (line["currency"], side)]
            assert line["amount"] == sum(one["net"] for one in mine)
    assert {one["currency"] for one in booked} <= {line["currency"] for line in balance["available"]}
    assert all(one["net"] == one["amount"] - one["fee"] for one in booked)
    assert all(one["fee"] == sum(detail["amount"] for detail in one["fee_details"]) for one in booked)
    return booked


Figure = tuple[str, int, int, int, str]
"""Type, amount, fee, net and the prefix of the source of a balance transaction."""


async def figures(raw: httpx.AsyncClient, account: str | None = None) -> list[Figure]:
    """The balance transactions of an account as figures, oldest first."""
    return [
        (one["type"], one["amount"], one["fee"], one["net"], (one["source"] or "").partition("_")[0])
        for one in await transactions(raw, account)
    ]


async def control(raw: httpx.AsyncClient, path: str, **command: Any) -> dict[str, Any]:
    """A request below `/_sandbox` that must be carried out."""
    reply = await raw.post(f"/_sandbox/{path}", json=command)
    assert reply.status_code < 300, reply.text
    shown: dict[str, Any] = reply.json()
    return shown


@asynccontextmanager
async def sandbox_with(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a sandbox of its own, without a socket."""
    app = create_app(SandboxSettings(log_level="error", seed=1, **settings))
    transport, auth = httpx.ASGITransport(app), (DEFAULT_API_KEY, "")
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", auth=auth) as client:
        yield client


async def types_of_events(raw: httpx.AsyncClient, account: str | None = None) -> list[str]:
    """What happened in an account, oldest first."""
    reply = await raw.get("/v1/events", params={"limit": "100"}, headers=acting_for(account))
    return [event["type"] for event in reply.json()["data"]][::-1]


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Waits until the condition holds; fails, saying what did not happen, after a deadline."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110  what is waited for has no event to wait on
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"not within {DEADLINE_S} s: {what}")
