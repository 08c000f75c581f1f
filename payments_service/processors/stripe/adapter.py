"""Stripe, as the use cases see it (`application.ports.Stripe`)."""

from datetime import datetime, timedelta
from typing import Any

from payments_service.application.operations.model import Json, Outcome, StripeCall
from payments_service.application.payments.refresh import METADATA_PAYMENT
from payments_service.application.ports import BalanceAtStripe, CreateIntent
from payments_service.domain.payment.model import IntentSnapshot
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.processors.stripe import parse, requests
from payments_service.processors.stripe.client import StripeClient

CLOCK_SKEW = timedelta(minutes=10)
"""How far Stripe's clock and the database's may be apart."""


class StripeAdapter:
    """Builds requests, sends them, and turns answers into our types."""

    def __init__(self, client: StripeClient, page_size: int) -> None:
        self._client = client
        self._page_size = page_size

    def create_intent(self, command: CreateIntent) -> StripeCall:
        """See the port."""
        return requests.create_intent(command)

    def confirm_intent(self, intent_id: str, payment_method: str, return_url: str) -> StripeCall:
        """See the port."""
        return requests.confirm_intent(intent_id, payment_method, return_url)

    async def send(self, call: StripeCall, idempotency_key: str) -> Outcome:
        """See the port."""
        return await self._client.send(call, idempotency_key)

    async def find_intent(self, operation_id: str, payment_id: str, since: datetime) -> Json | None:
        """See the port. Lists rather than searches: a search sees new objects only after a while."""
        params: dict[str, Any] = {
            "limit": self._page_size,
            "created": {"gte": int((since - CLOCK_SKEW).timestamp())},
            "expand": ["data.latest_charge"],
        }
        while True:
            page = await self._client.read("/v1/payment_intents", params) or {"data": [], "has_more": False}
            for body in page["data"]:
                metadata = body.get("metadata") or {}
                if (
                    metadata.get(requests.METADATA_OPERATION) == operation_id
                    and metadata.get(METADATA_PAYMENT) == payment_id
                ):
                    return dict(body)
            if not page["has_more"]:
                return None
            params = {**params, "starting_after": page["data"][-1]["id"]}

    async def fetch_intent(self, intent_id: str) -> Json | None:
        """See the port."""
        return await self._client.read(f"/v1/payment_intents/{intent_id}", {"expand": requests.EXPAND_INTENT})

    def intent(self, body: Json) -> IntentSnapshot:
        """See the port."""
        return parse.intent(body)

    async def balance(self) -> list[BalanceAtStripe]:
        """See the port."""
        body = await self._client.read("/v1/balance", {}) or {}
        amounts: dict[str, list[int]] = {}
        for place, key in enumerate(("available", "pending")):
            for line in body.get(key) or ():
                amounts.setdefault(str(line["currency"]), [0, 0])[place] += int(line["amount"])
        return [BalanceAtStripe(currency, *pair) for currency, pair in sorted(amounts.items())]

    async def balance_transactions(
        self, stripe_account: str, *, since: datetime | None, after: str
    ) -> tuple[list[BalanceTransaction], bool]:
        """See the port."""
        params: dict[str, Any] = {"limit": self._page_size, "expand": ["data.source"]}
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        if after:
            params["starting_after"] = after
        page = await self._client.read("/v1/balance_transactions", params, stripe_account) or {}
        rows = [parse.balance_transaction(body, stripe_account) for body in page.get("data") or ()]
        return rows, bool(page.get("has_more"))
