"""A debit that does not hold: the customer's bank does not pay, or takes back what it has paid."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book, taken_on
from stripe_sandbox.debits import FAILURES
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope


def take_back(scope: Scope, charge: JsonObject, code: str) -> None:
    """The charge has failed; what it had booked goes, its fee stays. Transfers and application fees stay as well.

    The payment intent of a charge that had succeeded stays `succeeded`: that status is final.
    """
    charge.update(
        failure_code=code,
        failure_message=FAILURES[code],
        paid=False,
        status="failed",
    )
    charge["outcome"] = {**charge["outcome"], "network_status": "declined_by_network", "type": "issuer_declined"}
    booked = scope.account.balance.transactions.get(charge["balance_transaction"] or "")
    if booked is not None:
        movement = Movement(
            kind="payment_failure_refund",
            amount=-booked["amount"],
            currency=booked["currency"],
            source=charge["id"],
            available_on=taken_on(scope.world, scope.account, booked["id"]),
            description="PAYMENT FAILURE REFUND",
            category="charge_failure",
        )
        charge["failure_balance_transaction"] = book(scope.world, scope.account, movement)["id"]
    scope.emit("charge.failed", charge)
