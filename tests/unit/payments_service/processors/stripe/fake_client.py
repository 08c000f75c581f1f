"""Stripe's answers without Stripe, for the adapter."""

from collections.abc import Mapping
from typing import Any

from payments_service.application.operations.model import Answered, Outcome, StripeCall

Json = dict[str, Any]


class FakeClient:
    """Answers reads from objects and lists in memory, and keeps what it was asked (`client.StripeClient`).

    Attributes:
        reads: path, parameters and account of each read.
        sent: each write with its idempotency key.
    """

    def __init__(
        self, objects: Mapping[str, Json] | None = None, lists: Mapping[str, list[Json]] | None = None
    ) -> None:
        self._objects = objects or {}
        self._lists = lists or {}
        self.reads: list[tuple[str, Json, str]] = []
        self.sent: list[tuple[StripeCall, str]] = []

    async def send(self, call: StripeCall, idempotency_key: str) -> Outcome:
        self.sent.append((call, idempotency_key))
        return Answered({"id": "x_1"})

    async def read(self, path: str, params: Mapping[str, Any], stripe_account: str = "") -> Json | None:
        self.reads.append((path, dict(params), stripe_account))
        if path in self._lists:
            return self._page(self._lists[path], params)
        return self._objects.get(path)

    def _page(self, items: list[Json], params: Mapping[str, Any]) -> Json:
        """A page of a list, as Stripe cuts it."""
        ids = [item["id"] for item in items]
        start = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
        end = start + params["limit"]
        return {"object": "list", "data": items[start:end], "has_more": end < len(items)}
