"""The sandbox as a test sees it: over plain HTTP, and never through the service under test."""

import hashlib
import hmac
import time
from typing import Any

import httpx

API_KEY = "sk_test_end_to_end"


class StripeApi:
    """Asks the sandbox what it has."""

    def __init__(self, base: str) -> None:
        self.base = base

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        async with self._client() as client:
            response = await client.get(path, params=query, auth=(API_KEY, ""))
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    async def intents(self, reference: str) -> list[dict[str, Any]]:
        """Every payment intent that was ever created for a reference."""
        everything = await self.get("/v1/payment_intents", limit="100")
        assert not everything["has_more"]
        return [intent for intent in everything["data"] if intent["metadata"].get("payments_reference") == reference]

    async def balance(self) -> dict[str, int]:
        """Available and pending together, by currency."""
        balance = await self.get("/v1/balance")
        sums: dict[str, int] = {}
        for line in balance["available"] + balance["pending"]:
            sums[line["currency"]] = sums.get(line["currency"], 0) + line["amount"]
        return sums

    async def event_about(self, object_id: str, kind: str) -> dict[str, Any]:
        """The event of this type about this object."""
        events = await self.get("/v1/events", limit="100", type=kind)
        return next(event for event in events["data"] if event["data"]["object"]["id"] == object_id)

    async def pending_deliveries(self) -> int:
        """Webhooks that have not been answered with 200 yet."""
        return int((await self.get("/_sandbox/webhooks/deliveries"))["pending"])

    def point_webhooks_at(self, url: str, secret: str) -> None:
        with httpx.Client(base_url=self.base, timeout=20, trust_env=False) as client:
            response = client.put("/_sandbox/webhooks/endpoint", json={"url": url, "secret": secret})
        response.raise_for_status()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base, timeout=20, trust_env=False)


def signed(body: bytes, secret: str) -> dict[str, str]:
    """Stripe's signature header, as its documentation defines it."""
    moment = int(time.time())
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={moment},v1={signature}"}
