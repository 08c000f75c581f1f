"""Stripe for the benchmark of events: in this process, answering at once, with as much in a body as is read of it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from payments_service.application.events.model import StripeEvent
from payments_service.application.stripe import METADATA_PAYMENT
from payments_service.domain.ids import Prefix, format_id
from payments_service.processors.stripe.client import StripeClient
from payments_service.processors.stripe.events import event

AMOUNT, FEE = 2_500, 103
TYPES = ("payment_intent.created", "payment_intent.succeeded", "charge.succeeded", "charge.updated")
"""What Stripe tells of a payment that is captured asynchronously."""

TURN_SECONDS = 3_600
"""Between the payments of two turns as Stripe's times have it, so that one turn's settlement ends where it began."""

_Json = dict[str, Any]


class InstantStripe(StripeClient):
    """Payment intents that are paid, and their balance transactions."""

    def __init__(self) -> None:
        self._created = int(time.time()) - 1_000 * TURN_SECONDS
        self._intents: dict[str, _Json] = {}
        self._rows: list[_Json] = []
        self._places: dict[str, int] = {}

    def pay(self, payments: Sequence[tuple[UUID, str]]) -> list[StripeEvent]:
        """Take payments: ours and the intent of each. Gives what Stripe tells of them, by type and not by payment."""
        self._created += TURN_SECONDS
        bodies = [self._paid(format_id(Prefix.PAYMENT, payment_id), intent_id) for payment_id, intent_id in payments]
        told = (self._told(kind, *body) for kind in TYPES for body in bodies)
        return [event(body, "") for body in told]

    async def close(self) -> None:
        """There is no connection."""

    async def read(self, path: str, params: Mapping[str, Any], stripe_account: str = "") -> _Json | None:
        """Answer as Stripe does."""
        if stripe_account or path != "/v1/balance_transactions":
            return self._intents.get(path.rpartition("/")[2])
        # Newest first, from behind the one that was named.
        end = self._places[params["starting_after"]] if "starting_after" in params else len(self._rows)
        start = max(0, end - int(params["limit"]))
        since = params.get("created", {}).get("gte", 0)
        page = [row for row in self._rows[start:end] if row["created"] >= since]
        return {"data": page[::-1], "has_more": bool(start and len(page) == end - start)}

    def _paid(self, payment_id: str, intent_id: str) -> tuple[_Json, _Json]:
        metadata = {METADATA_PAYMENT: payment_id}
        common = {"amount": AMOUNT, "currency": "usd", "created": self._created, "livemode": False}
        charge = common | {
            "id": f"ch_{intent_id}",
            "object": "charge",
            "status": "succeeded",
            "payment_intent": intent_id,
            "balance_transaction": None,
            "metadata": metadata,
        }
        intent = common | {
            "id": intent_id,
            "object": "payment_intent",
            "status": "succeeded",
            "amount_received": AMOUNT,
            "latest_charge": charge,
            "metadata": metadata,
        }
        row = common | {
            "id": f"txn_{intent_id}",
            "type": "charge",
            "reporting_category": "charge",
            "fee": FEE,
            "net": AMOUNT - FEE,
            "available_on": self._created,
            "fee_details": [{"type": "stripe_fee", "amount": FEE, "description": "Stripe processing fees"}],
            "source": charge,
        }
        self._intents[intent_id] = intent
        self._places[str(row["id"])] = len(self._rows)
        self._rows.append(row)
        return intent, charge

    def _told(self, kind: str, intent: _Json, charge: _Json) -> _Json:
        content = intent if kind.startswith("payment_intent") else charge
        return {
            "id": f"evt_{kind}_{intent['id']}",
            "type": kind,
            "created": self._created,
            "livemode": False,
            "data": {"object": content},
        }
