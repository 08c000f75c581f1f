"""What a dispute takes from the balance and what it gives back."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.fees import DISPUTE, stripe_fee_detail
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.charges.booking import settled_charge
from stripe_sandbox.state.scope import Scope


def withdraw(scope: Scope, dispute: JsonObject, *, with_fee: bool = True) -> None:
    """The bank takes the disputed amount, and Stripe its fee."""
    charge = scope.account.charges.get(dispute["charge"])
    if charge is None:
        raise LookupError(f"dispute {dispute['id']} is about a charge {dispute['charge']} that is not there")
    taken = settled_charge(scope, charge, dispute["amount"])
    fee = DISPUTE.get(taken.currency, 0) if with_fee else 0
    movement = Movement(
        kind="adjustment",
        amount=-taken.amount,
        currency=taken.currency,
        source=dispute["id"],
        available_on=taken_on(scope.world, scope.account, charge["balance_transaction"]),
        fees=_fees(fee, taken.currency),
        description=f"Chargeback withdrawal for {charge['id']}",
        category="dispute",
        exchange_rate=taken.shown_rate,
    )
    _book(scope, dispute, movement)
    scope.emit("charge.dispute.funds_withdrawn", dispute)


def reinstate(scope: Scope, dispute: JsonObject, *, return_fee: bool) -> None:
    """What was withdrawn last comes back, with the fee or without."""
    taken = dispute["balance_transactions"][-1]
    movement = Movement(
        kind="adjustment",
        amount=-taken["amount"],
        currency=taken["currency"],
        source=dispute["id"],
        available_on=taken_on(scope.world, scope.account, taken["id"]),
        fees=_fees(-taken["fee"] if return_fee else 0, taken["currency"]),
        description=f"Chargeback reversal for {dispute['charge']}",
        category="dispute_reversal",
        exchange_rate=taken["exchange_rate"],
    )
    _book(scope, dispute, movement)
    scope.emit("charge.dispute.funds_reinstated", dispute)


def is_withdrawn(dispute: JsonObject) -> bool:
    """Whether the bank has the money now."""
    return sum(int(one["amount"]) for one in dispute["balance_transactions"]) < 0


def _fees(amount: int, currency: str) -> tuple[JsonObject, ...]:
    return (stripe_fee_detail(amount, currency, "Dispute fee"),) if amount else ()


def _book(scope: Scope, dispute: JsonObject, movement: Movement) -> None:
    booked = book(scope.world, scope.account, movement)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], booked]
