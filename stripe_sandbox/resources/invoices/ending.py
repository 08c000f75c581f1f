"""Invoices that will not be paid: voided, marked as uncollectible, or deleted as drafts."""

from stripe_sandbox.http.errors import StripeError, conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.customers.balance import adjust_balance
from stripe_sandbox.resources.invoices.drafting import release_items
from stripe_sandbox.resources.invoices.finalizing import finalize
from stripe_sandbox.resources.invoices.paying import tell_changes
from stripe_sandbox.resources.invoices.payments import abandon_payment, check_not_processing
from stripe_sandbox.state.scope import Scope


def void(scope: Scope, invoice: JsonObject) -> None:
    """Takes a claim back; what the customer's balance gave goes back too.

    Raises:
        StripeError: 400, it is a draft, paid or void already, or its payment is processing.
    """
    if invoice["status"] not in ("open", "uncollectible"):
        raise _wrong_status(invoice, "void", "open or uncollectible")
    check_not_processing(scope, invoice)
    abandon_payment(scope, invoice)
    customer = scope.account.customers.get(invoice["customer"]) or {}
    applied = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    if applied and "balance" in customer:
        adjust_balance(
            scope,
            customer,
            -applied,
            "unapplied_from_invoice",
            currency=invoice["currency"],
            invoice=invoice["id"],
        )
    _end(scope, invoice, "void", "voided_at")
    scope.emit("invoice.voided", invoice)
    scope.world.followers.leave(invoice["id"])


def mark_uncollectible(scope: Scope, invoice: JsonObject) -> None:
    """Gives a claim up as a bad debt; it can still be paid.

    Raises:
        StripeError: 400, it is neither a draft nor open.
    """
    if invoice["status"] == "draft":
        finalize(scope, invoice)
    if invoice["status"] != "open":
        raise _wrong_status(invoice, "mark as uncollectible", "open")
    _end(scope, invoice, "uncollectible", "marked_uncollectible_at")
    scope.emit("invoice.marked_uncollectible", invoice)


def delete(scope: Scope, invoice: JsonObject) -> None:
    """Removes a draft.

    Raises:
        StripeError: 400, it is none, or a subscription has made it.
    """
    if invoice["status"] != "draft":
        raise conflict("You can only delete draft invoices.")
    if invoice["parent"] is not None and invoice["billing_reason"] != "manual":
        raise conflict("You cannot delete invoices that were created by a subscription.")
    release_items(scope, invoice)
    scope.emit("invoice.deleted", invoice)
    identifier = invoice["id"]
    invoice.clear()
    invoice.update(id=identifier, object="invoice", deleted=True)
    scope.account.billing.invoices.reindex(invoice)


def _end(scope: Scope, invoice: JsonObject, status: str, moment: str) -> None:
    names = ("auto_advance", "next_payment_attempt", "status", "status_transitions")
    before = {name: invoice[name] for name in names}
    transitions = {**invoice["status_transitions"], moment: scope.now}
    invoice.update(auto_advance=False, next_payment_attempt=None, status=status, status_transitions=transitions)
    scope.account.billing.invoices.reindex(invoice)
    tell_changes(scope, invoice, before)


def _wrong_status(invoice: JsonObject, action: str, allowed: str) -> StripeError:
    return conflict(f"You can only {action} an invoice that is {allowed}; this one is {invoice['status']}.")
