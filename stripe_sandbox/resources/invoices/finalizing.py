"""Finalizing: a draft becomes a claim with a number, by hand or an hour after it was made."""

from stripe_sandbox.http.errors import StripeError, conflict
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.customers.balance import Kind, adjust_balance
from stripe_sandbox.resources.invoices.paying import collect, expect_payment, settle
from stripe_sandbox.resources.invoices.shape import put_lines
from stripe_sandbox.state.scope import Scope

DRAFT_FOR_S = 3_600
"""How long a draft that advances by itself can still be changed."""

_SECRET_CHARS = 32


def finalize(scope: Scope, invoice: JsonObject) -> None:
    """Gives a draft its number, applies the customer's balance and asks for the rest.

    Raises:
        StripeError: 400, it is no draft.
    """
    if invoice["status"] != "draft":
        raise already_finalized()
    customer = scope.account.customers.get(invoice["customer"]) or {}
    invoice["status"] = "open"
    put_lines(invoice, invoice["lines"]["data"], customer.get("balance", 0))
    _number(scope, invoice, customer)
    if "balance" in customer:
        _apply_balance(scope, invoice, customer)
    scope.account.billing.invoices.reindex(invoice)
    if invoice["amount_due"] == 0:
        scope.emit("invoice.finalized", invoice)
        settle(scope, invoice, 0)
        return
    expect_payment(scope, invoice)
    scope.emit("invoice.finalized", invoice)
    if invoice["due_date"] is not None:
        later = scope.by_itself
        scope.world.scheduler.at(invoice["due_date"], lambda: _overdue(later, invoice))


def advance_later(scope: Scope, invoice: JsonObject) -> None:
    """A draft that advances by itself is finalized in an hour."""
    moment = scope.now + DRAFT_FOR_S
    invoice["automatically_finalizes_at"] = moment
    later = scope.by_itself
    scope.world.scheduler.at(moment, lambda: _advance(later, invoice, moment))


def advance(scope: Scope, invoice: JsonObject) -> None:
    """Finalizes a draft and does what its collection method says: charge it, or send it."""
    finalize(scope, invoice)
    begin_collection(scope, invoice)


def begin_collection(scope: Scope, invoice: JsonObject) -> None:
    """Charges or sends an invoice that has just been finalized, if anything is due."""
    if invoice["status"] != "open":
        return
    if invoice["collection_method"] == "send_invoice":
        scope.emit("invoice.sent", invoice)
    else:
        collect(scope, invoice)


def already_finalized() -> StripeError:
    """Stripe's refusal to finalize twice."""
    return conflict("This invoice is already finalized, you can't re-finalize a non-draft invoice.")


def _advance(scope: Scope, invoice: JsonObject, moment: int) -> None:
    """What is due an hour after the draft, unless it has been finalized, deleted or stopped since."""
    waits = invoice.get("status") == "draft" and invoice["auto_advance"]
    if waits and invoice["automatically_finalizes_at"] == moment:
        advance(scope, invoice)


def _number(scope: Scope, invoice: JsonObject, customer: JsonObject) -> None:
    prefix, sequence = customer.get("invoice_prefix", "DELETED"), customer.get("next_invoice_sequence", 1)
    if "balance" in customer:
        customer["next_invoice_sequence"] = sequence + 1
    page = f"https://invoice.stripe.com/i/{scope.account.id}/test_{scope.world.ids.text(_SECRET_CHARS)}"
    invoice.update(
        automatically_finalizes_at=None,
        effective_at=scope.now,
        hosted_invoice_url=page,
        invoice_pdf=f"{page}/pdf",
        number=f"{prefix}-{sequence:04d}",
        status_transitions={**invoice["status_transitions"], "finalized_at": scope.now},
    )


def _apply_balance(scope: Scope, invoice: JsonObject, customer: JsonObject) -> None:
    change = invoice["ending_balance"] - invoice["starting_balance"]
    if change:
        too_small = invoice["amount_due"] == 0 and invoice["ending_balance"] > 0
        kind: Kind = "invoice_too_small" if too_small else "applied_to_invoice"
        adjust_balance(scope, customer, change, kind, currency=invoice["currency"], invoice=invoice["id"])


def _overdue(scope: Scope, invoice: JsonObject) -> None:
    if invoice.get("status") == "open":
        scope.emit("invoice.overdue", invoice)
