"""Collecting what an invoice needs, and what follows when the money comes or does not.

Source: https://docs.stripe.com/invoicing/overview and https://docs.stripe.com/billing/revenue-recovery/smart-retries.
"""

from stripe_sandbox.http.errors import StripeError, conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.invoices.payments import (
    abandon_payment,
    check_not_processing,
    close_payment,
    open_intent_of,
    open_payment,
    open_payment_of,
)
from stripe_sandbox.resources.invoices.shape import subscription_of
from stripe_sandbox.resources.payment_intents.confirmation import Confirmation, confirm
from stripe_sandbox.state.event_log import Cause
from stripe_sandbox.state.scope import Scope

RETRY_DELAYS_S = (3 * 86_400, 5 * 86_400, 7 * 86_400)
"""From one failed attempt of an invoice that advances by itself to the next."""

COLLECTABLE = ("open", "uncollectible")
_DECLINED = 402
_NO_METHOD = "invoice_no_payment_method_types"
_SHOWN = (
    "amount_paid",
    "amount_remaining",
    "attempt_count",
    "attempted",
    "auto_advance",
    "next_payment_attempt",
    "status",
    "status_transitions",
)


def default_method(scope: Scope, invoice: JsonObject) -> JsonObject | None:
    """The payment method that an invoice is charged to: its own, its subscription's or its customer's."""
    subscription = scope.account.billing.subscriptions.get(subscription_of(invoice) or "") or {}
    customer = scope.account.customers.get(invoice["customer"]) or {}
    chosen = (
        invoice["default_payment_method"]
        or subscription.get("default_payment_method")
        or customer.get("invoice_settings", {}).get("default_payment_method")
    )
    return scope.account.payment_methods.get(chosen or "")


def expect_payment(scope: Scope, invoice: JsonObject) -> None:
    """A finalized invoice begins to wait for its money."""
    intent = open_payment(scope, invoice, default_method(scope, invoice))
    _follow(scope, invoice, intent)


def pay(scope: Scope, invoice: JsonObject, method: JsonObject | None) -> None:
    """Charges an open invoice once.

    Raises:
        StripeError: 402, the charge was declined or the customer must act; 400, the bank has not answered the last one.
    """
    intent = open_intent_of(scope.account, invoice)
    if intent is None:
        intent = open_payment(scope, invoice, method)
        _follow(scope, invoice, intent)
    if intent["status"] == "processing":
        raise conflict("This invoice cannot be paid again: a payment of it is processing.")
    before = _shown(invoice)
    invoice.update(attempt_count=invoice["attempt_count"] + 1, attempted=True)
    if method is None:
        _failed(scope, invoice, before)
        raise no_method()
    confirm(scope, intent, method, Confirmation(base_url="", use_stripe_sdk=True))
    if intent["status"] == "requires_action":
        raise StripeError(
            _DECLINED,
            "card_error",
            "This payment requires additional user action before it can be completed successfully. Payment can be "
            "completed using the PaymentIntent associated with this invoice.",
            code="invoice_payment_intent_requires_action",
        )


def collect(scope: Scope, invoice: JsonObject) -> None:
    """An attempt that nobody has asked for: what it fails for is told by events only."""
    intent = open_intent_of(scope.account, invoice)
    if invoice["status"] not in COLLECTABLE or (intent is not None and intent["status"] == "processing"):
        return
    try:
        pay(scope, invoice, default_method(scope, invoice))
    except StripeError as error:
        if error.status != _DECLINED and error.code != _NO_METHOD:
            raise


def settle(scope: Scope, invoice: JsonObject, amount_paid: int) -> None:
    """Nothing is left to pay: `amount_paid` has come for this invoice."""
    before = _shown(invoice)
    payment = open_payment_of(scope.account, invoice)
    invoice.update(
        amount_paid=invoice["amount_paid"] + amount_paid,
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
        status_transitions={**invoice["status_transitions"], "paid_at": scope.now},
    )
    scope.account.billing.invoices.reindex(invoice)
    if payment is not None:
        scope.world.followers.leave(payment["payment"]["payment_intent"])
        close_payment(scope, payment, amount_paid)
    tell_changes(scope, invoice, before)
    _put_delinquent(scope, invoice, delinquent=False)
    scope.emit("invoice.paid", invoice)
    scope.emit("invoice.payment_succeeded", invoice)
    scope.world.followers.leave(invoice["id"])


def settle_out_of_band(scope: Scope, invoice: JsonObject) -> None:
    """The customer has paid in another way: no money comes through Stripe."""
    check_not_processing(scope, invoice)
    abandon_payment(scope, invoice)
    settle(scope, invoice, invoice["amount_remaining"])


def no_method() -> StripeError:
    """Stripe's refusal to charge a customer who has nothing to charge (400)."""
    return conflict(
        "There is no `default_payment_method` set on this Customer or Invoice. Please attach a PaymentMethod and set "
        "it as the default, or pass one.",
        code=_NO_METHOD,
    )


def tell_changes(scope: Scope, invoice: JsonObject, before: JsonObject) -> None:
    """`invoice.updated`, if anything differs from `before`."""
    previous = {name: old for name, old in before.items() if invoice[name] != old}
    if previous:
        scope.emit("invoice.updated", invoice, previous)


def _follow(scope: Scope, invoice: JsonObject, intent: JsonObject) -> None:
    """From now on the invoice does what becomes of its payment intent."""
    world, account = scope.world, scope.account

    def happened(kind: str, cause: Cause) -> None:
        here = Scope(world, account, cause)
        if invoice["status"] not in COLLECTABLE:
            return
        if kind == "payment_intent.succeeded":
            settle(here, invoice, intent["amount_received"])
        elif kind == "payment_intent.payment_failed":
            _failed(here, invoice, _shown(invoice))
        elif kind == "payment_intent.requires_action":
            here.emit("invoice.payment_action_required", invoice)
            _failed(here, invoice, _shown(invoice))

    world.followers.follow(intent["id"], happened)


def _failed(scope: Scope, invoice: JsonObject, before: JsonObject) -> None:
    """An attempt has failed: the next one is set, if the invoice advances by itself and one is left."""
    attempts = invoice["attempt_count"]
    retries = invoice["auto_advance"] and invoice["collection_method"] == "charge_automatically"
    if retries and 0 < attempts <= len(RETRY_DELAYS_S):
        moment = scope.now + RETRY_DELAYS_S[attempts - 1]
        invoice["next_payment_attempt"] = moment
        again = scope.by_itself
        scope.world.scheduler.at(moment, lambda: _retry(again, invoice, moment))
    else:
        invoice["next_payment_attempt"] = None
    tell_changes(scope, invoice, before)
    _put_delinquent(scope, invoice, delinquent=invoice["attempt_count"] > 0)
    scope.emit("invoice.payment_failed", invoice)


def _put_delinquent(scope: Scope, invoice: JsonObject, *, delinquent: bool) -> None:
    """A customer is delinquent while the latest invoice could not be charged."""
    customer = scope.account.customers.get(invoice["customer"]) or {}
    if "deleted" in customer or customer.get("delinquent") in (None, delinquent):
        return
    customer["delinquent"] = delinquent
    scope.emit("customer.updated", customer, {"delinquent": not delinquent})


def _retry(scope: Scope, invoice: JsonObject, moment: int) -> None:
    if invoice.get("next_payment_attempt") == moment:
        collect(scope, invoice)


def _shown(invoice: JsonObject) -> JsonObject:
    return {name: invoice[name] for name in _SHOWN}
