"""Issuing a credit note: less is due, or what was paid goes back; and taking it back again.

Source: https://docs.stripe.com/invoicing/credit-notes.
"""

from stripe_sandbox.balance.currencies import display
from stripe_sandbox.http.errors import StripeError, conflict, invalid
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import complete_capture
from stripe_sandbox.resources.customers.balance import adjust_balance
from stripe_sandbox.resources.invoices.paying import settle_out_of_band, tell_changes
from stripe_sandbox.resources.invoices.payments import check_not_processing, open_intent_of, payments_of
from stripe_sandbox.resources.refunds.giving_back import plan_giving_back
from stripe_sandbox.resources.refunds.making import check_amount, make_refund
from stripe_sandbox.state.scope import Scope

_WAYS = ("credit_amount", "out_of_band_amount", "refund_amount")


def issue(scope: Scope, invoice: JsonObject, note: JsonObject, params: JsonObject) -> None:
    """Takes a note into account and records it.

    Raises:
        StripeError: 400, more would be taken back than there is, or it is not said where it goes.
    """
    if invoice["status"] == "paid":
        _after_payment(scope, invoice, note, {name: params.get(name, 0) for name in _WAYS})
    elif invoice["status"] in ("open", "uncollectible"):
        if any(params.get(name) for name in _WAYS):
            raise invalid("An unpaid invoice has nothing to refund or credit yet.", param="refund_amount")
        _before_payment(scope, invoice, note)
    else:
        raise conflict(f"You cannot create a credit note for an invoice that is {invoice['status']}.")
    scope.account.billing.credit_notes.add(note)
    scope.emit("credit_note.created", note)
    if invoice["status"] != "paid" and invoice["amount_remaining"] == 0:
        settle_out_of_band(scope, invoice)


def void(scope: Scope, invoice: JsonObject, note: JsonObject) -> None:
    """Takes a note back: all is due again.

    Raises:
        StripeError: 400, it is void already, or the invoice has been paid.
    """
    if note["status"] == "void":
        raise conflict("This credit note is already void.")
    if note["type"] != "pre_payment" or invoice["status"] not in ("open", "uncollectible"):
        raise conflict("You can only void a credit note of an invoice that is open.")
    check_not_processing(scope, invoice)
    _change_due(scope, invoice, note["amount"])
    note.update(status="void", voided_at=scope.now)
    scope.emit("credit_note.voided", note)


def _before_payment(scope: Scope, invoice: JsonObject, note: JsonObject) -> None:
    check_not_processing(scope, invoice)
    if note["amount"] > invoice["amount_remaining"]:
        raise _too_much(note, invoice["amount_remaining"])
    note["pre_payment_amount"] = note["amount"]
    _change_due(scope, invoice, -note["amount"])


def _change_due(scope: Scope, invoice: JsonObject, amount: int) -> None:
    """Adds `amount` to what is due, in the payment intent too."""
    names = ("amount_due", "amount_remaining", "pre_payment_credit_notes_amount")
    before = {name: invoice[name] for name in names}
    invoice["amount_due"] += amount
    invoice["amount_remaining"] += amount
    invoice["pre_payment_credit_notes_amount"] -= amount
    intent = open_intent_of(scope.account, invoice)
    if intent is not None and invoice["amount_remaining"] > 0:
        intent["amount"] = invoice["amount_remaining"]
    tell_changes(scope, invoice, before)


def _after_payment(scope: Scope, invoice: JsonObject, note: JsonObject, ways: dict[str, int]) -> None:
    """What was paid goes back: to the card, into the customer's balance, or on another way."""
    left = invoice["amount_paid"] - invoice["post_payment_credit_notes_amount"]
    if note["amount"] > left:
        raise _too_much(note, left)
    named, currency = sum(ways.values()), note["currency"]
    if named != note["amount"]:
        raise invalid(
            f"The sum of credit amount, refund amount and out of band amount ({display(named, currency)}) must equal "
            f"the credit note amount ({display(note['amount'], currency)}).",
        )
    if ways["refund_amount"]:
        refund = _refund(scope, invoice, ways["refund_amount"])
        amount = ways["refund_amount"]
        note["refunds"] = [{"amount_refunded": amount, "refund": refund["id"], "type": "refund"}]
    customer = scope.account.customers.get(invoice["customer"]) or {}
    if ways["credit_amount"]:
        if "balance" not in customer:
            raise conflict("The customer has been deleted and cannot be credited.", param="credit_amount")
        credited = adjust_balance(
            scope,
            customer,
            -ways["credit_amount"],
            "credit_note",
            currency=currency,
            invoice=invoice["id"],
            credit_note=note["id"],
        )
        note["customer_balance_transaction"] = credited["id"]
    note.update(post_payment_amount=note["amount"], type="post_payment")
    before = {"post_payment_credit_notes_amount": invoice["post_payment_credit_notes_amount"]}
    invoice["post_payment_credit_notes_amount"] += note["amount"]
    tell_changes(scope, invoice, before)


def _refund(scope: Scope, invoice: JsonObject, amount: int) -> JsonObject:
    """Refunds the payment of an invoice; a transfer and the platform's fee go back with it."""
    for payment in payments_of(scope.account, invoice)["data"]:
        intent = scope.account.payment_intents.get(payment["payment"]["payment_intent"]) or {}
        charge = scope.account.charges.get(intent.get("latest_charge") or "")
        if payment["status"] == "paid" and charge is not None:
            complete_capture(scope, charge)
            back = plan_giving_back(
                scope,
                charge,
                check_amount(charge, amount),
                reverse_transfer=charge["transfer_data"] is not None,
                refund_fee=charge["application_fee"] is not None,
            )
            return make_refund(scope, charge, amount, back, {"metadata": {}, "reason": None})
    raise conflict("This invoice has no payment that could be refunded.", param="refund_amount")


def _too_much(note: JsonObject, left: int) -> StripeError:
    return conflict(
        f"The credit note amount ({display(note['amount'], note['currency'])}) is more than what is left of the "
        f"invoice ({display(left, note['currency'])}).",
        param="amount",
    )
