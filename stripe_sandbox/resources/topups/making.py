"""A top-up from the order to the money, or to its end without any (https://docs.stripe.com/api/topups/object)."""

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.state.scope import Scope

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "debit_not_authorized": "The bank account does not allow debits.",
    "insufficient_funds": "The bank account does not have the funds.",
    "invalid_currency": "The bank account does not take the currency of the top-up.",
    "no_account": "No bank account with these details was found.",
}
_FAILING = {
    "btok_us_verified_accountClosed": "account_closed",
    "btok_us_verified_debitNotAuthorized": "debit_not_authorized",
    "btok_us_verified_insufficientFunds": "insufficient_funds",
    "btok_us_verified_invalidCurrency": "invalid_currency",
    "btok_us_verified_noAccount": "no_account",
}
SOURCES = ("btok_us_verified", *_FAILING)
"""Test tokens of bank accounts (https://docs.stripe.com/connect/top-ups#testing-top-ups)."""


def make_topup(scope: Scope, amount: int, currency: str, source: str, details: JsonObject) -> JsonObject:
    """Orders the money; `details` are further fields of the top-up. It comes, or fails, after the top-up delay."""
    arrival = scope.now + scope.world.settings.topup_delay_s
    topup: JsonObject = {
        "id": scope.world.ids.new("tu"),
        "object": "topup",
        "amount": amount,
        "balance_transaction": None,
        "created": scope.now,
        "currency": currency,
        "description": None,
        "expected_availability_date": arrival,
        "failure_code": None,
        "failure_message": None,
        "initiated_by": "user",
        "livemode": False,
        "metadata": {},
        "payment_method": None,
        "source": None,
        "statement_descriptor": None,
        "status": "pending",
        "transfer_group": None,
        **details,
    }
    scope.account.topups.add(topup)
    scope.emit("topup.created", topup)
    failure, later = _FAILING.get(source), scope.by_itself
    scope.world.scheduler.at(arrival, lambda: _arrive(later, topup, failure))
    return topup


def succeed(scope: Scope, topup: JsonObject) -> None:
    """The money is there."""
    topup["balance_transaction"] = _book(scope, topup, "topup", topup["amount"])
    _end(scope, topup, "succeeded")


def fail(scope: Scope, topup: JsonObject, code: str) -> None:
    """The bank does not pay."""
    topup.update(failure_code=code, failure_message=FAILURES[code])
    _end(scope, topup, "failed")


def cancel(scope: Scope, topup: JsonObject) -> None:
    """A top-up that was not paid yet is called off."""
    _end(scope, topup, "canceled")


def reverse(scope: Scope, topup: JsonObject) -> None:
    """The bank takes the money back."""
    _book(scope, topup, "topup_reversal", -topup["amount"])
    _end(scope, topup, "reversed")


def _arrive(scope: Scope, topup: JsonObject, failure: str | None) -> None:
    if topup["status"] != "pending":
        return
    if failure is None:
        succeed(scope, topup)
    else:
        fail(scope, topup, failure)


def _book(scope: Scope, topup: JsonObject, kind: str, amount: int) -> str:
    description = topup["description"] or "TOPUP"
    movement = Movement(kind, amount, topup["currency"], topup["id"], scope.now, description=description)
    booked = book(scope.world, scope.account, movement)
    return str(booked["id"])


def _end(scope: Scope, topup: JsonObject, status: str) -> None:
    topup["status"] = status
    scope.account.topups.reindex(topup)
    scope.emit(f"topup.{status}", topup)
