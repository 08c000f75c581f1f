"""Stripe's objects that are followed: which kinds there are, and what is kept of those without a model of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

Fact = str | int | bool | tuple[str, ...]
"""One thing that Stripe says of an object: a word, a number, an amount in minor units, or some words."""


class ObjectKind(StrEnum):
    """Kinds of objects that can be fetched by their id; the words are Stripe's, save for `external_account`."""

    DISPUTE = "dispute"
    PAYOUT = "payout"
    TRANSFER = "transfer"
    TOPUP = "topup"
    APPLICATION_FEE = "application_fee"
    BALANCE = "balance"
    BALANCE_SETTINGS = "balance_settings"
    EARLY_FRAUD_WARNING = "radar.early_fraud_warning"
    REVIEW = "review"
    CHECKOUT_SESSION = "checkout.session"
    SETUP_INTENT = "setup_intent"
    PAYMENT_METHOD = "payment_method"
    MANDATE = "mandate"
    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    INVOICE_PAYMENT = "invoice_payment"
    CREDIT_NOTE = "credit_note"
    PRODUCT = "product"
    PRICE = "price"
    PLAN = "plan"
    CAPABILITY = "capability"
    PERSON = "person"
    EXTERNAL_ACCOUNT = "external_account"
    FINANCIAL_CONNECTIONS_ACCOUNT = "financial_connections.account"
    REPORT_RUN = "reporting.report_run"


SINGLETONS = frozenset({ObjectKind.BALANCE, ObjectKind.BALANCE_SETTINGS})
"""Kinds of which an account has exactly one, without an id."""


class ObjectKey(NamedTuple):
    """An object of Stripe.

    Attributes:
        stripe_account: whose it is; empty for the platform.
        kind: what it is.
        id: which one; the kind for one without an id.
    """

    stripe_account: str
    kind: ObjectKind
    id: str


@dataclass(frozen=True, slots=True)
class ObjectSnapshot:
    """What Stripe said in one answer of an object without a model of its own.

    Attributes:
        status: Stripe's own word; empty for a kind without states.
        facts: what is kept of it, by name: only what is on the list of its kind, never secrets or personal data.
        intent_id: the payment intent that it is about; empty when it is about none.
        charge_id: the charge that it is about; likewise.
    """

    status: str
    livemode: bool
    facts: Mapping[str, Fact] = field(default_factory=dict)
    intent_id: str = ""
    charge_id: str = ""


@dataclass(frozen=True, slots=True)
class StripeObject:
    """An object of Stripe as it was last seen.

    Attributes:
        deleted: whether Stripe has it no more; then nothing else is kept of it.
        event_id: of the last event that led to it; empty when none did.
        observed_time: database time at which the last applied answer of Stripe had ended.
    """

    key: ObjectKey
    status: str
    facts: Mapping[str, Fact]
    livemode: bool
    deleted: bool
    event_id: str
    create_time: datetime
    update_time: datetime
    observed_time: datetime
