"""Sample payloads of Stripe's events, put together from docs/events/samples/: our own shapes, with made-up ids.

A file an object kind holds an object; `changes.json` says how it looks in the event of a type.
"""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parent.parent / "docs" / "events" / "samples"
CREATED = 1_795_176_000
API_VERSION = "2026-10-28.endive"

ELSEWHERE = {
    "charge.dispute": "dispute",
    "charge.refund": "refund",
    "account.external_account": "external_account",
    "account.application": "application",
    "customer.subscription": "subscription",
}
"""Families of types whose object is not called as they are."""

CONNECTED = ("account", "capability", "person", "payment")
"""Families that Stripe sends for connected accounts."""


def shape_of(event_type: str) -> str:
    """Which object an event of this type is about, as its file is called."""
    family = event_type.rpartition(".")[0]
    return ELSEWHERE.get(family, family)


def sample_of(event_type: str) -> dict[str, Any]:
    """A full event of this type, as Stripe would send it.

    Raises:
        FileNotFoundError: there is no sample of its object.
    """
    content = json.loads((SAMPLES / f"{shape_of(event_type)}.json").read_text())
    changes = json.loads((SAMPLES / "changes.json").read_text())
    event: dict[str, Any] = {
        "id": f"evt_{event_type.replace('.', '_')}",
        "object": "event",
        "api_version": API_VERSION,
        "created": CREATED,
        "data": {"object": content | changes.get(event_type, {})},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    return event | {"account": "acct_sample1"} if event_type.partition(".")[0] in CONNECTED else event
