"""What becomes of a payout: sent to the bank, arrived, come back, called off (https://docs.stripe.com/payouts)."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.payouts.destinations import FAILURES, failure_at, note_failure
from stripe_sandbox.state.scope import Scope

UNDER_WAY = ("pending", "in_transit")
_DAY_S = 86_400


def arrange(scope: Scope, payout: JsonObject) -> None:
    """The bank gets a payout at the next midnight UTC, or at once if that is too late, and decides when it arrives."""
    arrival = payout["arrival_date"]
    midnight = (scope.now // _DAY_S + 1) * _DAY_S
    scope.world.scheduler.at(midnight if midnight < arrival else scope.now, lambda: send(scope, payout))
    scope.world.scheduler.at(arrival, lambda: arrive(scope, payout))


def send(scope: Scope, payout: JsonObject) -> None:
    """The bank has the order."""
    if payout["status"] == "pending":
        _move(scope, payout, "in_transit")
        scope.emit("payout.updated", payout, {"status": "pending"})


def arrive(scope: Scope, payout: JsonObject) -> None:
    """The bank has the money, or refuses it."""
    if payout["status"] not in UNDER_WAY:
        return
    destination = scope.account.find(payout["destination"])
    failure = None if destination is None else failure_at(destination)
    if failure is None:
        pay(scope, payout)
    else:
        fail(scope, payout, failure)


def pay(scope: Scope, payout: JsonObject) -> None:
    """The payout is paid: it may still fail."""
    _move(scope, payout, "paid")
    payout["trace_id"] = {"status": "supported", "value": payout["id"].removeprefix("po_")}
    scope.emit("payout.paid", payout)


def fail(scope: Scope, payout: JsonObject, code: str) -> None:
    """The bank sends the money back, even after it was paid."""
    _undo(scope, payout, "payout_failure", "PAYOUT FAILURE")
    payout.update(failure_code=code, failure_message=FAILURES[code])
    _move(scope, payout, "failed")
    scope.emit("payout.failed", payout)
    note_failure(scope, payout["destination"])
    reversal = scope.account.payouts.get(payout["reversed_by"] or "")
    if reversal is not None and reversal["status"] == "pending":
        cancel(scope, reversal)


def cancel(scope: Scope, payout: JsonObject) -> None:
    """A payout that the bank has not got yet is called off."""
    _undo(scope, payout, "payout_cancel", "PAYOUT CANCEL")
    _move(scope, payout, "canceled")
    scope.emit("payout.canceled", payout)


def _move(scope: Scope, payout: JsonObject, status: str) -> None:
    payout["status"] = status
    scope.account.payouts.reindex(payout)


def _undo(scope: Scope, payout: JsonObject, kind: str, description: str) -> None:
    """Books the opposite of what the payout booked, its fee included."""
    booked = scope.account.balance.transactions.get(payout["balance_transaction"])
    if booked is None:
        raise LookupError(f"payout {payout['id']} has no balance transaction {payout['balance_transaction']}")
    movement = Movement(
        kind=kind,
        amount=-booked["amount"],
        currency=booked["currency"],
        source=payout["id"],
        available_on=taken_on(scope.world, scope.account, booked["id"]),
        fees=tuple({**detail, "amount": -detail["amount"]} for detail in booked["fee_details"]),
        description=description,
        category="payout_reversal",
    )
    payout["failure_balance_transaction"] = book(scope.world, scope.account, movement)["id"]
