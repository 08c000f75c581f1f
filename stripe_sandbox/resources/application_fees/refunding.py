"""Giving an application fee back to the connected account that paid it."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.application_fees.collecting import fee_detail
from stripe_sandbox.resources.embedded import put_first
from stripe_sandbox.state.scope import Scope


def refund_fee(scope: Scope, fee: JsonObject, amount: int, metadata: dict[str, str] | None = None) -> JsonObject:
    """Books the platform's side and returns the fee refund; `scope` is the platform's.

    The other side is booked by `credit_payer`, or shows on the refund that it comes with.
    """
    refund: JsonObject = {
        "id": scope.world.ids.new("fr"),
        "object": "fee_refund",
        "amount": amount,
        "balance_transaction": None,
        "created": scope.now,
        "currency": fee["currency"],
        "fee": fee["id"],
        "metadata": metadata or {},
    }
    movement = Movement(
        kind="application_fee_refund",
        amount=-amount,
        currency=fee["currency"],
        source=refund["id"],
        available_on=taken_on(scope.world, scope.account, fee["balance_transaction"]),
        category="platform_earning_refund",
    )
    refund["balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    scope.account.fee_refunds.add(refund)
    previous = {"amount_refunded": fee["amount_refunded"], "refunded": fee["refunded"]}
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    put_first(fee["refunds"], refund)
    scope.emit("application_fee.refunded", fee, {name: old for name, old in previous.items() if fee[name] != old})
    return refund


def credit_payer(payer: Scope, refund: JsonObject, available_on: int) -> None:
    """Books a refunded fee on the connected account as a line of its own."""
    movement = Movement(
        kind="application_fee_refund",
        amount=refund["amount"],
        currency=refund["currency"],
        source=refund["id"],
        available_on=available_on,
        category="platform_earning_refund",
    )
    book(payer.world, payer.account, movement)


def shows_on_refund(payer: Scope) -> bool:
    """Whether the fee that comes back with a refund is a negative fee of that refund."""
    return payer.world.settings.connected_fee_refund == "on_refund"


def fee_details_of_refund(payer: Scope, amount: int, currency: str) -> tuple[JsonObject, ...]:
    """The fee details of a refund with which `amount` of the fee comes back."""
    return (fee_detail(payer, -amount, currency),) if amount and shows_on_refund(payer) else ()
