"""Reversing a transfer: funds come back from the connected account to the platform."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.refunding import (
    credit_payer,
    fee_details_of_refund,
    refund_fee,
    shows_on_refund,
)
from stripe_sandbox.resources.embedded import put_first
from stripe_sandbox.resources.refunds.shape import new_refund
from stripe_sandbox.state.scope import Scope


def fee_of_transfer(scope: Scope, transfer: JsonObject) -> JsonObject | None:
    """The application fee that was taken of what the transfer became, if any."""
    payment = _payment(scope, transfer)
    return scope.platform.account.application_fees.get(payment["application_fee"] or "")


def reverse(
    scope: Scope,
    transfer: JsonObject,
    amount: int,
    *,
    fee_amount: int = 0,
    source_refund: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> JsonObject:
    """Books `amount` back, and `fee_amount` of the application fee the other way; returns the reversal.

    `scope` is the platform's; `source_refund` is the id of the refund that the reversal comes with. The description
    goes to the balance transaction: the reversal itself has none.
    """
    reversal = _add_reversal(scope, transfer, amount)
    reversal.update(metadata=metadata or {}, source_refund=source_refund)
    _book(scope, transfer, reversal, description)
    receiver, payment = scope.within(scope.world.accounts[transfer["destination"]]), _payment(scope, transfer)
    fee = fee_of_transfer(scope, transfer)
    fee_refund = refund_fee(scope, fee, fee_amount) if fee is not None and fee_amount else None
    refund = _refund_payment(receiver, payment, reversal, fee_amount)
    reversal["destination_payment_refund"] = refund["id"]
    if fee_refund is not None and not shows_on_refund(receiver):
        credit_payer(receiver, fee_refund, taken_on(scope.world, receiver.account, payment["balance_transaction"]))
    _count(scope, transfer, reversal)
    return reversal


def _payment(scope: Scope, transfer: JsonObject) -> JsonObject:
    """The charge that the transfer became on the connected account."""
    payment = scope.world.accounts[transfer["destination"]].charges.get(transfer["destination_payment"])
    if payment is None:
        raise LookupError(f"transfer {transfer['id']} has no payment at its destination {transfer['destination']}")
    return payment


def _add_reversal(scope: Scope, transfer: JsonObject, amount: int) -> JsonObject:
    reversal: JsonObject = {
        "id": scope.world.ids.new("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": scope.now,
        "currency": transfer["currency"],
        "destination_payment_refund": None,
        "metadata": {},
        "source_refund": None,
        "transfer": transfer["id"],
    }
    return scope.account.transfer_reversals.add(reversal)


def _book(scope: Scope, transfer: JsonObject, reversal: JsonObject, description: str | None) -> None:
    movement = Movement(
        kind="transfer_refund",
        amount=reversal["amount"],
        currency=transfer["currency"],
        source=reversal["id"],
        available_on=taken_on(scope.world, scope.account, transfer["balance_transaction"]),
        description=description,
        category="transfer_reversal",
    )
    reversal["balance_transaction"] = book(scope.world, scope.account, movement)["id"]


def _refund_payment(receiver: Scope, payment: JsonObject, reversal: JsonObject, fee_amount: int) -> JsonObject:
    """What the reversal is on the connected account: a refund of the payment."""
    refund = new_refund(receiver.world.ids.new("pyr"), payment, reversal["amount"], receiver.now)
    refund["source_transfer_reversal"] = reversal["id"]
    movement = Movement(
        kind="payment_refund",
        amount=-reversal["amount"],
        currency=reversal["currency"],
        source=refund["id"],
        available_on=taken_on(receiver.world, receiver.account, payment["balance_transaction"]),
        fees=fee_details_of_refund(receiver, fee_amount, reversal["currency"]),
        description="REFUND FOR PAYMENT",
        category="refund",
    )
    refund["balance_transaction"] = book(receiver.world, receiver.account, movement)["id"]
    receiver.account.refunds.add(refund)
    previous = {"amount_refunded": payment["amount_refunded"], "refunded": payment["refunded"]}
    payment["amount_refunded"] += reversal["amount"]
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    receiver.emit("refund.created", refund)
    receiver.emit("charge.refunded", payment, {name: old for name, old in previous.items() if payment[name] != old})
    return refund


def _count(scope: Scope, transfer: JsonObject, reversal: JsonObject) -> None:
    """Counts the reversal on the transfer and tells of it."""
    previous = {"amount_reversed": transfer["amount_reversed"], "reversed": transfer["reversed"]}
    transfer["amount_reversed"] += reversal["amount"]
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    put_first(transfer["reversals"], reversal)
    scope.emit("transfer.reversed", transfer, {name: old for name, old in previous.items() if transfer[name] != old})
