"""The invoices of a subscription: what is on them, when they are collected, what their outcome does to it."""

from typing import Literal

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.drafting import draft
from stripe_sandbox.resources.invoices.ending import mark_uncollectible, void
from stripe_sandbox.resources.invoices.finalizing import advance_later, begin_collection, finalize
from stripe_sandbox.resources.invoices.lines import line_of_subscription
from stripe_sandbox.resources.invoices.paying import RETRY_DELAYS_S
from stripe_sandbox.resources.invoices.payments import open_intent_of
from stripe_sandbox.resources.invoices.shape import Occasion
from stripe_sandbox.resources.subscriptions.ending import end
from stripe_sandbox.resources.subscriptions.pending import apply_pending
from stripe_sandbox.resources.subscriptions.shape import change, items_of, period_of
from stripe_sandbox.state.event_log import Cause
from stripe_sandbox.state.scope import Scope

Collection = Literal["at_once", "in_an_hour", "by_the_customer"]
"""When an invoice is finalized and charged; the last is finalized at once and waits for the customer."""

_PER_CENT = 10_000
"""A percentage with two decimals, as a whole number."""


def period_lines(scope: Scope, subscription: JsonObject, *, free: bool = False) -> list[JsonObject]:
    """The lines for the current period of every item."""
    period = period_of(subscription)
    return [line_of_subscription(scope, subscription, item, period, free=free) for item in items_of(subscription)]


def bill(
    scope: Scope,
    subscription: JsonObject,
    reason: str,
    lines: list[JsonObject],
    collection: Collection,
    period: JsonObject | None = None,
) -> JsonObject:
    """Makes an invoice with these lines and the pending items, and collects it as the subscription says."""
    customer = scope.account.customers.get(subscription["customer"]) or {}
    past = period or {"end": scope.now, "start": scope.now}
    sent = subscription["collection_method"] == "send_invoice"
    params = {
        "auto_advance": True,
        "collection_method": subscription["collection_method"],
        "on_behalf_of": subscription["on_behalf_of"],
        **({"days_until_due": subscription["days_until_due"] or 0} if sent else {}),
    }
    occasion = Occasion(reason, past, subscription)
    invoice = draft(scope, customer, subscription["currency"], occasion, params, lines=lines)
    _put_terms(scope, subscription, invoice)
    subscription["latest_invoice"] = invoice["id"]
    _follow(scope, subscription, invoice)
    paused = subscription["pause_collection"]
    if paused is not None:
        _hold(scope, invoice, paused["behavior"])
    elif collection == "at_once" and not (sent and reason != "subscription_update"):
        finalize(scope, invoice)
        _trust_debit(scope, subscription, invoice)
        begin_collection(scope, invoice)
    elif collection == "by_the_customer":
        finalize(scope, invoice)
        _trust_debit(scope, subscription, invoice)
    else:
        advance_later(scope, invoice)
    return invoice


def _put_terms(scope: Scope, subscription: JsonObject, invoice: JsonObject) -> None:
    """What of the payment goes to whom (https://docs.stripe.com/connect/subscriptions)."""
    terms = scope.account.billing.terms[invoice["id"]]
    due, percent = invoice["amount_due"], subscription["application_fee_percent"]
    if percent is not None:
        terms["application_fee_amount"] = _share(due, percent)
    transfer = subscription["transfer_data"]
    if transfer is not None:
        terms["transfer_data"] = {"destination": transfer["destination"]}
        if transfer.get("amount_percent") is not None:
            terms["transfer_data"]["amount"] = _share(due, transfer["amount_percent"])


def _share(amount: int, percent: float) -> int:
    """A percentage of an amount, rounded half up."""
    return (amount * round(percent * 100) + _PER_CENT // 2) // _PER_CENT


def _hold(scope: Scope, invoice: JsonObject, behavior: str) -> None:
    """Collection is paused: the invoice stays a draft, or is given up at once."""
    if behavior == "keep_as_draft":
        invoice["auto_advance"] = False
    elif behavior == "mark_uncollectible":
        mark_uncollectible(scope, invoice)
    else:
        finalize(scope, invoice)
        if invoice["status"] == "open":
            void(scope, invoice)


def _follow(scope: Scope, subscription: JsonObject, invoice: JsonObject) -> None:
    """From now on the subscription does what becomes of its invoice."""
    world, account = scope.world, scope.account

    def happened(kind: str, cause: Cause) -> None:
        here = Scope(world, account, cause)
        if kind == "invoice.paid":
            _paid(here, subscription, invoice)
        elif kind == "invoice.payment_failed":
            _failed(here, subscription, invoice)

    world.followers.follow(invoice["id"], happened)


def _trust_debit(scope: Scope, subscription: JsonObject, invoice: JsonObject) -> None:
    """A first payment that the bank answers only later lets the subscription begin at once."""
    world, account = scope.world, scope.account
    intent = open_intent_of(account, invoice)

    def happened(kind: str, cause: Cause) -> None:
        if kind == "payment_intent.processing" and subscription["status"] == "incomplete":
            change(Scope(world, account, cause), subscription, {"status": "active"})

    if intent is not None:
        world.followers.follow(intent["id"], happened)


def _paid(scope: Scope, subscription: JsonObject, invoice: JsonObject) -> None:
    apply_pending(scope, subscription, invoice)
    if subscription["latest_invoice"] != invoice["id"]:
        return
    changes: JsonObject = {}
    if subscription["payment_settings"]["save_default_payment_method"] == "on_subscription":
        changes["default_payment_method"] = _method_of(scope, invoice) or subscription["default_payment_method"]
    status = subscription["status"]
    if status in ("incomplete", "past_due", "paused", "unpaid"):
        changes["status"] = "active"
    change(scope, subscription, changes)
    if status == "paused":
        scope.emit("customer.subscription.resumed", subscription)


def _method_of(scope: Scope, invoice: JsonObject) -> str | None:
    """What an invoice was paid with."""
    for payment in scope.account.billing.invoice_payments.matching("invoice", invoice["id"]):
        intent = scope.account.payment_intents.get(payment["payment"]["payment_intent"])
        if intent is not None and intent["status"] == "succeeded":
            return intent["payment_method"] and str(intent["payment_method"])
    return None


def _failed(scope: Scope, subscription: JsonObject, invoice: JsonObject) -> None:
    """A first invoice leaves the subscription incomplete; a later one past due, and in the end it is canceled."""
    if subscription["latest_invoice"] != invoice["id"]:
        return
    pending = subscription["pending_update"]
    if subscription["status"] == "active" and pending is None:
        change(scope, subscription, {"status": "past_due"})
    elif subscription["status"] == "past_due" and invoice["attempt_count"] > len(RETRY_DELAYS_S):
        end(scope, subscription, "payment_failed")
