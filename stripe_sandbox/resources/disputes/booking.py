"""What a dispute takes from the balance and what it gives back."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.fees import DISPUTE, stripe_fee_detail
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

_FEE = "Dispute fee"


def withdraw(scope: Scope, dispute: JsonObject, *, with_fee: bool = True) -> None:
    """The bank takes the disputed amount, and Stripe its fee."""
    charge = scope.account.charges.get(dispute["charge"]) or {}
    fee = DISPUTE.get(dispute["currency"], 0) if with_fee else 0
    _book(scope, dispute, -dispute["amount"], fee, charge.get("balance_transaction"), "withdrawal", "dispute")
    scope.emit("charge.dispute.funds_withdrawn", dispute)


def reinstate(scope: Scope, dispute: JsonObject, *, return_fee: bool) -> None:
    """What was withdrawn last comes back, with the fee or without."""
    taken = dispute["balance_transactions"][-1]
    fee = -taken["fee"] if return_fee else 0
    _book(scope, dispute, -taken["amount"], fee, taken["id"], "reversal", "dispute_reversal")
    scope.emit("charge.dispute.funds_reinstated", dispute)


def is_withdrawn(dispute: JsonObject) -> bool:
    """Whether the bank has the money now."""
    return sum(int(one["amount"]) for one in dispute["balance_transactions"]) < 0


def _book(scope: Scope, dispute: JsonObject, amount: int, fee: int, like: str | None, what: str, category: str) -> None:
    """Books one side; it is pending as long as the transaction `like` is."""
    currency = dispute["currency"]
    movement = Movement(
        kind="adjustment",
        amount=amount,
        currency=currency,
        source=dispute["id"],
        available_on=taken_on(scope.world, scope.account, like),
        fees=(stripe_fee_detail(fee, currency, _FEE),) if fee else (),
        description=f"Chargeback {what} for {dispute['charge']}",
        category=category,
    )
    booked = book(scope.world, scope.account, movement)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], booked]
