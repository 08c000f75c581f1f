"""What happens to a refund after it was made: the bank takes it, or sends it back."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

FAILED = "failed"


def succeed_refund(scope: Scope, refund: JsonObject) -> None:
    """A pending refund has arrived."""
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        tell_changed(scope, refund, {"status": "pending"})


def fail_refund(scope: Scope, refund: JsonObject, reason: str) -> None:
    """The bank sends a refund back: the funds return and the charge counts it no longer.

    Transfers and fees that were reversed with it stay reversed (https://docs.stripe.com/refunds#failed-refunds).
    """
    charge = scope.account.charges.get(refund["charge"])
    if refund["status"] == FAILED or charge is None:
        return
    booked = scope.account.balance.transactions.get(refund["balance_transaction"])
    if booked is None:
        raise LookupError(f"refund {refund['id']} has no balance transaction {refund['balance_transaction']}")
    movement = Movement(
        kind="refund_failure",
        amount=-booked["amount"],
        currency=booked["currency"],
        source=refund["id"],
        available_on=taken_on(scope.world, scope.account, booked["id"]),
        exchange_rate=booked["exchange_rate"],
        description="REFUND FAILURE",
    )
    previous = {"status": refund["status"]}
    refund.update(
        failure_balance_transaction=book(scope.world, scope.account, movement)["id"],
        failure_reason=reason,
        status=FAILED,
    )
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    scope.emit("refund.failed", refund)
    tell_changed(scope, refund, previous)


def tell_changed(scope: Scope, refund: JsonObject, previous: JsonObject) -> None:
    """Stripe tells of a changed refund under both its names."""
    scope.emit("refund.updated", refund, previous)
    scope.emit("charge.refund.updated", refund, previous)
