"""An event that was fetched from Stripe as the inbox keeps it, with the fields that a delivery would have brought."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from payments_service.application.events.model import StripeEvent
from payments_service.domain.ids import new_id

ENDPOINT = "POLL"
IDENTIFIER_MAX = 255

NAMED = (
    "account balance_transaction charge customer destination_payment dispute failure_balance_transaction invoice "
    "mandate payment_intent payment_method payout refund review setup_intent subscription transfer transfer_reversal"
)
"""Fields that hold the id of another object, or the object, under the name of its kind."""

ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "payment_intent": {"charge": "latest_charge"},
    "transfer": {"charge": "source_transaction", "destination": "destination"},
    "transfer_reversal": {"source_refund": "source_refund"},
    "application_fee": {"originating_transaction": "originating_transaction"},
    "fee_refund": {"application_fee": "fee"},
    "charge": {"application_fee": "application_fee", "source_transfer": "source_transfer"},
    "invoice": {"subscription": "parent.subscription_details.subscription"},
    "invoice_payment": {"payment_intent": "payment.payment_intent", "charge": "payment.charge"},
    "price": {"product": "product"},
    "plan": {"product": "product"},
}
"""By kind of object: ids that stand under another name, or deeper, as a dotted path."""


def event(body: Mapping[str, Any], stripe_account: str) -> StripeEvent:
    """An event as the inbox keeps it.

    Args:
        body: Stripe's JSON.
        stripe_account: whose list it is from; empty for the platform's.
    """
    content = (body.get("data") or {}).get("object") or {}
    created = body.get("created")
    object_type = _text(content.get("object"))
    return StripeEvent(
        id=new_id(),
        event_id=str(body["id"]),
        type=_text(body.get("type")),
        category="UNSPECIFIED",
        stripe_account=_text(body.get("account")) or stripe_account,
        livemode=body.get("livemode") is True,
        create_time=datetime.fromtimestamp(created, UTC) if isinstance(created, int) else None,
        api_version=_text(body.get("api_version")),
        object_type=object_type,
        object_id=_text(content.get("id")),
        related_ids=_related(object_type, content),
        endpoint=ENDPOINT,
        secret_index=0,
        request_id="",
        body=orjson.dumps(body),
    )


def _related(object_type: str, content: Mapping[str, Any]) -> dict[str, str]:
    paths = {name: name for name in NAMED.split()} | dict(ELSEWHERE.get(object_type, {}))
    found: dict[str, str] = {}
    for name, path in paths.items():
        value: object = content
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            value = value.get("id")
        if related := _text(value):
            found[name] = related
    return found


def _text(value: object) -> str:
    """A short text that can be a key; empty for anything else."""
    fits = isinstance(value, str) and len(value) <= IDENTIFIER_MAX and value.isascii() and value.isprintable()
    return str(value) if fits else ""
