"""The table of categories is complete: every type of the service's event table, wildcards unfolded, is in it."""

import importlib.util
import re
from pathlib import Path

import pytest
from payments_api.internal.v1.stripe_event_pb2 import StripeEventCategory

from webhook_gateway.categories import CATEGORIES, category_of

# One line per row of the service's table of events and effects, with the category its effect belongs to.
ROWS = {
    "payment_intent: created processing requires_action partially_funded amount_capturable_updated": "PAYMENT",
    "payment_intent: succeeded payment_failed canceled": "PAYMENT",
    "charge: succeeded updated captured failed pending expired refunded refund.updated": "PAYMENT",
    "refund: created updated failed": "PAYMENT",
    "payment: created": "PAYMENT",
    "charge.dispute: created updated closed funds_withdrawn funds_reinstated": "RISK",
    "radar.early_fraud_warning: *": "RISK",
    "review: *": "RISK",
    "checkout.session: completed async_payment_succeeded async_payment_failed expired": "PAYMENT",
    "setup_intent: *": "CUSTOMER",
    "payment_method: attached updated automatically_updated detached": "CUSTOMER",
    "mandate: updated": "CUSTOMER",
    "customer: created updated deleted": "CUSTOMER",
    "customer.subscription: created updated deleted paused resumed trial_will_end": "BILLING",
    "customer.subscription: pending_update_applied pending_update_expired": "BILLING",
    "invoice: created finalized updated paid payment_succeeded payment_failed payment_action_required": "BILLING",
    "invoice: upcoming voided marked_uncollectible overdue": "BILLING",
    "invoice_payment: paid": "BILLING",
    "credit_note: *": "BILLING",
    "product: *": "BILLING",
    "price: *": "BILLING",
    "plan: *": "BILLING",
    "account: updated external_account.created external_account.updated external_account.deleted": "ACCOUNT",
    "account: application.authorized application.deauthorized": "ACCOUNT",
    "capability: updated": "ACCOUNT",
    "person: *": "ACCOUNT",
    "balance_settings: updated": "BALANCE",
    "balance: available": "BALANCE",
    "application_fee: created refunded": "BALANCE",
    "transfer: created updated reversed": "BALANCE",
    "payout: created updated paid failed canceled reconciliation_completed": "BALANCE",
    "topup: *": "BALANCE",
    "reserve: *": "BALANCE",
    "financial_connections.account: *": "CUSTOMER",
    "reporting.report_run: *": "BALANCE",
}


def stripe_types() -> frozenset[str]:
    """Returns every event type that the installed Stripe library knows, from its source: importing it is slow."""
    package = importlib.util.find_spec("stripe")
    assert package is not None
    assert package.origin is not None
    source = (Path(package.origin).parent / "_event.py").read_text()
    return frozenset(re.findall(r'^\s+"([a-z0-9_]+(?:\.[a-z0-9_]+)+)",$', source, re.MULTILINE))


UNLISTED = {"payment.created"}
"""Sent on connected accounts for what a transfer pays in, and in no list of Stripe's."""

STRIPE_TYPES = stripe_types()


def unfold(row: str) -> list[str]:
    family, _, actions = row.partition(": ")
    if actions == "*":
        return sorted(name for name in STRIPE_TYPES if name.startswith(f"{family}."))
    return [f"{family}.{action}" for action in actions.split()]


EXPECTED = {name: category for row, category in ROWS.items() for name in unfold(row)}


@pytest.mark.parametrize("event_type", sorted(EXPECTED))
def test_every_type_of_the_event_table_has_its_category(event_type: str) -> None:
    assert StripeEventCategory.Name(category_of(event_type)) == f"STRIPE_EVENT_CATEGORY_{EXPECTED[event_type]}"


def test_every_wildcard_unfolds_to_some_types() -> None:
    assert all(unfold(row) for row in ROWS)
    assert len(EXPECTED) > 120


def test_the_table_has_nothing_that_stripe_does_not_send() -> None:
    assert set(CATEGORIES) - STRIPE_TYPES == UNLISTED


def test_the_table_has_nothing_that_the_service_has_no_effect_for() -> None:
    assert set(CATEGORIES) == set(EXPECTED)


@pytest.mark.parametrize("event_type", ["", "issuing_card.created", "payment_intent", "payment_intent.invented", "*"])
def test_an_unknown_type_is_in_no_category(event_type: str) -> None:
    assert category_of(event_type) == StripeEventCategory.STRIPE_EVENT_CATEGORY_UNSPECIFIED
