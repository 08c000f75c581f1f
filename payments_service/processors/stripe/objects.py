"""Objects that are fetched by their kind and id: where, and what is kept of those without a model of their own.

Both are lists of what is allowed: no other path is read, and no other field is kept, so that nothing secret or personal
gets in by the way. An object that needs its account in the path is read as the platform.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments_service.domain.stripe_object.model import Fact, ObjectKey, ObjectKind, ObjectSnapshot
from payments_service.processors.stripe.values import object_id

Json = Mapping[str, Any]

_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_ACCOUNT = "{account}"
_WORD_MAX = 255


@dataclass(frozen=True, slots=True)
class Kept:
    """How a kind of object is fetched and what is kept of it.

    Attributes:
        path: with `{id}`, and `{account}` where Stripe wants the account there.
        facts: dotted paths of plain values; the name of a fact is its path.
        lists: dotted paths of lists of words.
        status: dotted path of Stripe's word for where it stands.
        expand: what Stripe shall send along.
    """

    path: str
    facts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    status: str = "status"
    expand: tuple[str, ...] = ()


_K = ObjectKind

KEPT: Mapping[ObjectKind, Kept] = {
    _K.DISPUTE: Kept("/v1/disputes/{id}"),
    _K.PAYOUT: Kept("/v1/payouts/{id}", expand=("balance_transaction",)),
    _K.TRANSFER: Kept("/v1/transfers/{id}"),
    _K.TOPUP: Kept("/v1/topups/{id}", ("amount", "currency", "balance_transaction", "failure_code")),
    _K.APPLICATION_FEE: Kept(
        "/v1/application_fees/{id}",
        ("amount", "amount_refunded", "currency", "refunded", "account", "charge", "originating_transaction"),
        status="",
    ),
    _K.BALANCE: Kept("/v1/balance", status=""),
    _K.BALANCE_SETTINGS: Kept(
        "/v1/balance_settings",
        (
            "payments.debit_negative_balances",
            "payments.payouts.status",
            "payments.payouts.schedule.interval",
            "payments.settlement_timing.delay_days",
        ),
        status="payments.payouts.status",
    ),
    _K.EARLY_FRAUD_WARNING: Kept(
        "/v1/radar/early_fraud_warnings/{id}", ("actionable", "fraud_type", "charge", "payment_intent"), status=""
    ),
    _K.REVIEW: Kept(
        "/v1/reviews/{id}",
        ("open", "reason", "opened_reason", "closed_reason", "charge", "payment_intent"),
        status="reason",
    ),
    _K.CHECKOUT_SESSION: Kept(
        "/v1/checkout/sessions/{id}",
        (
            "mode",
            "payment_status",
            "amount_total",
            "currency",
            "expires_at",
            "customer",
            "invoice",
            "payment_intent",
            "setup_intent",
            "subscription",
        ),
    ),
    _K.SETUP_INTENT: Kept(
        "/v1/setup_intents/{id}", ("usage", "customer", "payment_method", "mandate", "last_setup_error.code")
    ),
    _K.PAYMENT_METHOD: Kept("/v1/payment_methods/{id}", ("type", "customer", "card.brand", "card.funding"), status=""),
    _K.MANDATE: Kept("/v1/mandates/{id}", ("type", "payment_method")),
    _K.CUSTOMER: Kept(
        "/v1/customers/{id}",
        ("currency", "delinquent", "invoice_settings.default_payment_method", "created"),
        status="",
    ),
    _K.SUBSCRIPTION: Kept(
        "/v1/subscriptions/{id}",
        (
            "customer",
            "currency",
            "collection_method",
            "latest_invoice",
            "default_payment_method",
            "cancel_at_period_end",
            "cancel_at",
            "canceled_at",
            "ended_at",
            "trial_end",
            "pause_collection.behavior",
        ),
    ),
    _K.INVOICE: Kept(
        "/v1/invoices/{id}",
        (
            "customer",
            "currency",
            "amount_due",
            "amount_paid",
            "amount_remaining",
            "attempt_count",
            "next_payment_attempt",
            "due_date",
            "billing_reason",
            "collection_method",
            "parent.subscription_details.subscription",
        ),
    ),
    _K.INVOICE_PAYMENT: Kept(
        "/v1/invoice_payments/{id}",
        (
            "invoice",
            "currency",
            "amount_paid",
            "amount_requested",
            "is_default",
            "payment.type",
            "payment.payment_intent",
        ),
    ),
    _K.CREDIT_NOTE: Kept(
        "/v1/credit_notes/{id}", ("invoice", "customer", "currency", "amount", "type", "reason", "refund")
    ),
    _K.PRODUCT: Kept("/v1/products/{id}", ("active", "name", "default_price", "tax_code"), status=""),
    _K.PRICE: Kept(
        "/v1/prices/{id}",
        (
            "active",
            "product",
            "currency",
            "unit_amount",
            "type",
            "billing_scheme",
            "lookup_key",
            "recurring.interval",
            "recurring.interval_count",
            "recurring.usage_type",
        ),
        status="",
    ),
    _K.PLAN: Kept(
        "/v1/plans/{id}", ("active", "product", "currency", "amount", "interval", "interval_count"), status=""
    ),
    _K.CAPABILITY: Kept(
        "/v1/accounts/{account}/capabilities/{id}",
        ("requested", "requirements.disabled_reason", "requirements.current_deadline"),
        ("requirements.currently_due", "requirements.past_due"),
    ),
    _K.PERSON: Kept(
        "/v1/accounts/{account}/persons/{id}",
        (
            "verification.status",
            "relationship.representative",
            "relationship.owner",
            "relationship.director",
            "relationship.executive",
        ),
        ("requirements.currently_due", "requirements.past_due"),
        status="verification.status",
    ),
    _K.EXTERNAL_ACCOUNT: Kept(
        "/v1/accounts/{account}/external_accounts/{id}",
        ("object", "bank_name", "country", "currency", "last4", "default_for_currency"),
    ),
    _K.FINANCIAL_CONNECTIONS_ACCOUNT: Kept(
        "/v1/financial_connections/accounts/{id}",
        ("category", "subcategory", "institution_name", "last4", "account_holder.type", "balance_refresh.status"),
        ("permissions", "subscriptions", "supported_payment_method_types"),
    ),
    _K.REPORT_RUN: Kept("/v1/reporting/report_runs/{id}", ("report_type", "error", "result.id", "succeeded_at")),
}
"""Every kind that can be fetched."""


def request_of(key: ObjectKey) -> tuple[str, dict[str, Any], str] | None:
    """The path, the parameters and the account to ask as; None for a key that names nothing that can exist."""
    kept = KEPT[key.kind]
    if not _ID.fullmatch(key.id) or (_ACCOUNT in kept.path and not _ID.fullmatch(key.stripe_account)):
        return None
    params = {"expand": list(kept.expand)} if kept.expand else {}
    as_account = "" if _ACCOUNT in kept.path else key.stripe_account
    return kept.path.format(id=key.id, account=key.stripe_account), params, as_account


def snapshot(kind: ObjectKind, body: Json) -> ObjectSnapshot:
    """What is kept of an object."""
    kept = KEPT[kind]
    facts: dict[str, Fact] = {}
    for path in kept.facts:
        fact = _plain(_at(body, path))
        if fact is not None:
            facts[path] = fact
    for path in kept.lists:
        facts[path] = tuple(str(word)[:_WORD_MAX] for word in _at(body, path) or ())
    if kind is ObjectKind.BALANCE:
        facts |= _balances(body)
    return ObjectSnapshot(
        status=str(_at(body, kept.status) or "") if kept.status else "",
        livemode=bool(body.get("livemode")),
        facts=facts,
        intent_id=object_id(body.get("payment_intent") or _at(body, "payment.payment_intent")),
        charge_id=object_id(body.get("charge")),
    )


def _balances(body: Json) -> dict[str, Fact]:
    """The amounts of a balance, by place and currency."""
    return {
        f"{place}.{line['currency']}": int(line["amount"])
        for place in ("available", "pending")
        for line in body.get(place) or ()
    }


def _at(body: Json, path: str) -> Any:  # noqa: ANN401 - whatever JSON has there
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _plain(value: object) -> Fact | None:
    """A word, a number or a yes or no; the id of an expanded object; None for nothing."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return object_id(value) or None
    return str(value)[:_WORD_MAX] if isinstance(value, str | float) else None
