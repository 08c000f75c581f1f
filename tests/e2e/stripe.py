"""The sandbox as a test sees it: over plain HTTP, and never through the service under test."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

import httpx

API_KEY = "sk_test_end_to_end"


class StripeApi:
    """Asks the sandbox what it has."""

    def __init__(self, base: str) -> None:
        self.base = base

    async def get(self, path: str, stripe_account: str = "", **query: str) -> dict[str, Any]:
        headers = {"stripe-account": stripe_account} if stripe_account else {}
        async with self._client() as client:
            response = await client.get(path, params=query, headers=headers, auth=(API_KEY, ""))
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    async def post(self, path: str, **form: str) -> dict[str, Any]:
        async with self._client() as client:
            response = await client.post(path, data=form, auth=(API_KEY, ""))
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    async def every(self, path: str, stripe_account: str = "", **query: str) -> list[dict[str, Any]]:
        """All objects of a list, newest first."""
        found: list[dict[str, Any]] = []
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = await self.get(path, stripe_account, limit="100", **query, **after)
            found += page["data"]
            if not page["has_more"]:
                return found

    async def control(self, path: str, body: Mapping[str, object] | None = None) -> None:
        """Steer the sandbox."""
        async with self._client() as client:
            response = await client.post(f"/_sandbox{path}", json=body or {})
        response.raise_for_status()

    async def intents(self, reference: str) -> list[dict[str, Any]]:
        """Every payment intent that was ever created for a reference."""
        everything = await self.every("/v1/payment_intents")
        return [intent for intent in everything if intent["metadata"].get("payments_reference") == reference]

    async def balance(self, stripe_account: str = "") -> dict[str, int]:
        """Available and pending together, by currency."""
        balance = await self.get("/v1/balance", stripe_account)
        sums: dict[str, int] = {}
        for line in balance["available"] + balance["pending"]:
            sums[line["currency"]] = sums.get(line["currency"], 0) + line["amount"]
        return sums

    async def event_about(self, object_id: str, kind: str) -> dict[str, Any]:
        """The event of this type about this object."""
        events = await self.get("/v1/events", limit="100", type=kind)
        return next(event for event in events["data"] if event["data"]["object"]["id"] == object_id)

    async def events_about(self, intent_id: str) -> set[str]:
        """The ids of all events about a payment intent, its charge and its refunds."""
        found = set()
        for event in await self.every("/v1/events"):
            about = event["data"]["object"]
            intent = about["id"] if about["object"] == "payment_intent" else about.get("payment_intent")
            if intent == intent_id:
                found.add(event["id"])
        return found

    async def pending_deliveries(self) -> int:
        """Webhooks that have not been answered with 200 yet."""
        return int((await self.get("/_sandbox/webhooks/deliveries"))["pending"])

    def point_webhooks_at(self, url: str, secret: str, *, connect: bool = False) -> None:
        """Where events go: the platform's own, or those of connected accounts."""
        with httpx.Client(base_url=self.base, timeout=20, trust_env=False, verify=False) as client:
            target = {"url": url, "secret": secret, "connect": connect}
            response = client.put("/_sandbox/webhooks/endpoint", json=target)
        response.raise_for_status()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base, timeout=20, trust_env=False, verify=False)


def signed(body: bytes, secret: str) -> dict[str, str]:
    """Stripe's signature header, as its documentation defines it."""
    moment = int(time.time())
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={moment},v1={signature}"}
