"""Gateway and service know the same event types and the same ids, although neither imports the other."""

import pytest

from payments_service.application.events.effects import EFFECTS
from webhook_gateway.categories import CATEGORIES
from webhook_gateway.related import RELATED, Paths

OBJECTS = {
    "charge.dispute": "dispute",
    "charge.refund": "refund",
    "customer.subscription": "subscription",
    "account.external_account": "bank_account",
}
"""What an event carries, where its type does not begin with that."""


def paths_of(event_type: str) -> dict[str, tuple[str, ...]]:
    """What the gateway looks for in the object of an event."""
    family = event_type.rpartition(".")[0]
    paths: Paths = RELATED.get(OBJECTS.get(family, family), ())
    return dict(paths)


def test_both_tables_have_the_same_types() -> None:
    assert set(CATEGORIES) == set(EFFECTS), "webhook_gateway/categories.py, and application/events/catalogue/"


# An invoice no longer names its payment intents; invoice_payment.paid does, and the intents have events of their own.
OF_PAYMENTS = sorted(
    name for name, effect in EFFECTS.items() if effect.payment and not name.startswith(("invoice.", "payment_intent."))
)


@pytest.mark.parametrize("event_type", OF_PAYMENTS)
def test_the_gateway_finds_the_payment_intent_of_every_event_about_a_payment(event_type: str) -> None:
    assert "payment_intent" in paths_of(event_type)


VIAS = sorted((name, follow.via) for name, effect in EFFECTS.items() for follow in effect.follows if follow.via)


@pytest.mark.parametrize(("event_type", "via"), VIAS)
def test_the_gateway_finds_every_id_that_the_service_follows(event_type: str, via: str) -> None:
    assert via in paths_of(event_type)
