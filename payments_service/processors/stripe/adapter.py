"""Stripe, as the use cases see it (`application.stripe.Stripe`)."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from payments_service.application.events.ports import LostPage
from payments_service.application.operations.model import Json, Outcome, StripeCall
from payments_service.application.stripe import (
    METADATA_ACCOUNT,
    METADATA_OPERATION,
    METADATA_PAYMENT,
    BalanceAtStripe,
    CreateIntent,
    CreateStripeAccount,
    Said,
)
from payments_service.domain.account.model import AccountSnapshot
from payments_service.domain.money import Money
from payments_service.domain.payment.model import IntentSnapshot
from payments_service.domain.refund.model import Refund, RefundSnapshot
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.stripe_object.model import ObjectKey, ObjectKind
from payments_service.processors.stripe import events, money_objects, objects, parse, requests
from payments_service.processors.stripe.client import StripeClient

MODELS: Mapping[ObjectKind, Callable[[Json], Said]] = {
    ObjectKind.DISPUTE: money_objects.dispute,
    ObjectKind.PAYOUT: money_objects.payout,
    ObjectKind.TRANSFER: money_objects.transfer,
}
"""Kinds with a model of their own."""

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

    def confirm_intent(
        self, intent_id: str, payment_method: str, return_url: str, stripe_account: str = ""
    ) -> StripeCall:
        """See the port."""
        return requests.confirm_intent(intent_id, payment_method, return_url, stripe_account)

    def capture_intent(
        self, intent_id: str, amount: Money, platform_fee: Money | None, stripe_account: str = ""
    ) -> StripeCall:
        """See the port."""
        return requests.capture_intent(intent_id, amount, platform_fee, stripe_account)

    def cancel_intent(self, intent_id: str, reason: str, stripe_account: str = "") -> StripeCall:
        """See the port."""
        return requests.cancel_intent(intent_id, reason, stripe_account)

    def create_refund(self, refund: Refund, intent_id: str, operation_id: str, stripe_account: str = "") -> StripeCall:
        """See the port."""
        return requests.create_refund(refund, intent_id, operation_id, stripe_account)

    def create_account(self, command: CreateStripeAccount) -> StripeCall:
        """See the port."""
        return requests.create_account(command)

    async def send(self, call: StripeCall, idempotency_key: str) -> Outcome:
        """See the port."""
        return await self._client.send(call, idempotency_key)

    async def find_intent(
        self, operation_id: str, payment_id: str, since: datetime, stripe_account: str = ""
    ) -> Json | None:
        """See the port. Lists rather than searches: a search sees new objects only after a while."""
        params = {"created": _since(since), "expand": ["data.latest_charge"]}
        ours = {METADATA_OPERATION: operation_id, METADATA_PAYMENT: payment_id}
        return await self._find("/v1/payment_intents", params, ours, stripe_account)

    async def find_refund(self, operation_id: str, intent_id: str, stripe_account: str = "") -> Json | None:
        """See the port."""
        ours = {METADATA_OPERATION: operation_id}
        return await self._find("/v1/refunds", {"payment_intent": intent_id}, ours, stripe_account)

    async def find_account(self, operation_id: str, account_id: str, since: datetime) -> Json | None:
        """See the port."""
        ours = {METADATA_OPERATION: operation_id, METADATA_ACCOUNT: account_id}
        return await self._find("/v1/accounts", {"created": _since(since)}, ours, "")

    async def fetch_intent(self, intent_id: str, stripe_account: str = "") -> Json | None:
        """See the port."""
        params = {"expand": requests.EXPAND_INTENT}
        return await self._client.read(f"/v1/payment_intents/{intent_id}", params, stripe_account)

    async def fetch_refund(self, refund_id: str, stripe_account: str = "") -> Json | None:
        """See the port."""
        return await self._client.read(f"/v1/refunds/{refund_id}", {}, stripe_account)

    async def fetch_account(self, stripe_account: str) -> Json | None:
        """See the port."""
        return await self._client.read(f"/v1/accounts/{stripe_account}", {})

    async def fetch_object(self, key: ObjectKey) -> Said | None:
        """See the port."""
        request = objects.request_of(key)
        body = await self._client.read(*request) if request else None
        # What a customer or product leaves behind when it is deleted is a stub that says so.
        if not body or body.get("deleted") is True:
            return None
        parsed = MODELS.get(key.kind)
        return parsed(body) if parsed else objects.snapshot(key.kind, body)

    async def refunds_of(self, intent_id: str, stripe_account: str = "") -> list[RefundSnapshot]:
        """See the port."""
        pages = self._all("/v1/refunds", {"payment_intent": intent_id}, stripe_account)
        found = [parse.refund(body) async for body in pages]
        return found[::-1]

    async def transfer_destination(self, transfer_id: str) -> str:
        """See the port."""
        body = await self._client.read(f"/v1/transfers/{transfer_id}", {}) or {}
        return str(body.get("destination") or "")

    def intent(self, body: Json) -> IntentSnapshot:
        """See the port."""
        return parse.intent(body)

    def refund(self, body: Json) -> RefundSnapshot:
        """See the port."""
        return parse.refund(body)

    def account(self, body: Json) -> AccountSnapshot:
        """See the port."""
        return parse.account(body)

    async def balance(self, stripe_account: str = "") -> list[BalanceAtStripe]:
        """See the port."""
        body = await self._client.read("/v1/balance", {}, stripe_account) or {}
        amounts: dict[str, list[int]] = {}
        for place, key in enumerate(("available", "pending")):
            for line in body.get(key) or ():
                amounts.setdefault(str(line["currency"]), [0, 0])[place] += int(line["amount"])
        return [BalanceAtStripe(currency, *pair) for currency, pair in sorted(amounts.items())]

    async def balance_transactions(
        self, stripe_account: str, *, since: datetime | None, after: str, through: datetime | None = None
    ) -> tuple[list[BalanceTransaction], bool]:
        """See the port."""
        params: dict[str, Any] = {"limit": self._page_size, "expand": ["data.source"]}
        created = {"gte": since, "lte": through}
        if bounds := {name: int(time.timestamp()) for name, time in created.items() if time is not None}:
            params["created"] = bounds
        if after:
            params["starting_after"] = after
        page = await self._client.read("/v1/balance_transactions", params, stripe_account) or {}
        rows = [parse.balance_transaction(body, stripe_account) for body in page.get("data") or ()]
        return rows, bool(page.get("has_more"))

    async def undelivered_events(
        self, stripe_account: str, *, since: datetime, through: datetime | None, after: str
    ) -> LostPage:
        """See `application.events.ports.LostEvents`."""
        created = {"gte": int(since.timestamp())}
        if through is not None:
            created["lte"] = int(through.timestamp())
        params: dict[str, Any] = {"delivery_success": False, "limit": self._page_size, "created": created}
        if after:
            params["starting_after"] = after
        answer = await self._client.read_answer("/v1/events", params, stripe_account)
        page = answer.body if answer else {}
        data = list(page.get("data") or ())
        more = bool(data and page.get("has_more"))
        return LostPage(
            events=[events.event(body, stripe_account) for body in data],
            after=str(data[-1]["id"]) if more else "",
            stripe_time=answer.stripe_time if answer else None,
        )

    async def _find(
        self, path: str, params: Mapping[str, Any], metadata: Mapping[str, str], stripe_account: str
    ) -> Json | None:
        """The first object of a list that carries all of this metadata."""
        async for body in self._all(path, params, stripe_account):
            found = body.get("metadata") or {}
            if all(found.get(key) == value for key, value in metadata.items()):
                return body
        return None

    async def _all(self, path: str, params: Mapping[str, Any], stripe_account: str) -> AsyncIterator[dict[str, Any]]:
        """Every object of a list, newest first, page by page."""
        page_params: dict[str, Any] = {"limit": self._page_size, **params}
        while True:
            page = await self._client.read(path, page_params, stripe_account) or {"data": [], "has_more": False}
            for body in page["data"]:
                yield dict(body)
            if not page["has_more"]:
                return
            page_params = {**page_params, "starting_after": page["data"][-1]["id"]}


def _since(time: datetime) -> dict[str, int]:
    """Stripe's filter for what was created from a time of our clock on."""
    return {"gte": int((time - CLOCK_SKEW).timestamp())}
