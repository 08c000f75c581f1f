"""Where payouts go: an account's bank accounts, and those of Stripe's test numbers that take no money."""

from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.bank_accounts import TEST_ACCOUNT, add_bank_account
from stripe_sandbox.resources.accounts.shape import platform_profile
from stripe_sandbox.state.scope import Scope

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account takes no payouts of this sort, or no more of them.",
    "bank_ownership_changed": "The branch of the bank account has another owner now.",
    "could_not_process": "The bank could not process the payout.",
    "debit_not_authorized": "The bank account does not allow debits.",
    "declined": "The bank has declined the payout.",
    "insufficient_funds": "There was not enough money for the payout.",
    "invalid_account_number": "The account number is not valid.",
    "invalid_currency": "The bank account does not take the currency of the payout.",
    "no_account": "No bank account with these details was found.",
}
"""Why a payout may fail, and what that means (https://docs.stripe.com/payouts#payout-failures)."""

_FAILING = {
    "1113": "account_closed",
    "1116": "no_account",
    "2227": "insufficient_funds",
    "3335": "debit_not_authorized",
    "4440": "invalid_currency",
}
"""The test numbers 000111111113 and so on, by what is shown of them (https://docs.stripe.com/connect/testing)."""

ERRORED = "errored"


def bank_account_for(scope: Scope, currency: str, identifier: str | None = None) -> JsonObject | None:
    """The bank account with this id, or the default one in this currency. The platform always has one."""
    profile = scope.account.profile
    if scope.account.is_platform and not profile:
        profile = scope.account.profile = platform_profile(scope.account)
    owned: list[JsonObject] = profile["external_accounts"]["data"]
    for one in sorted(owned, key=lambda one: not one["default_for_currency"]):
        if one["currency"] == currency and identifier in (None, one["id"]):
            return one
    return _open_for_platform(scope, owned, currency) if scope.account.is_platform and identifier is None else None


def failure_at(destination: JsonObject) -> str | None:
    """Why this bank account takes no money, if it does not."""
    return _FAILING.get(destination["last4"])


def note_failure(scope: Scope, identifier: str) -> None:
    """A bank account that a payout came back from is paid out to no more by itself."""
    destination = scope.account.find(identifier)
    if destination is not None and destination["status"] != ERRORED:
        previous = {"status": destination["status"]}
        destination["status"] = ERRORED
        scope.emit("account.external_account.updated", destination, previous)


def _open_for_platform(scope: Scope, owned: list[JsonObject], currency: str) -> JsonObject:
    profile = scope.account.profile
    opened = add_bank_account(scope, profile, {**TEST_ACCOUNT, "currency": currency})
    profile["external_accounts"]["data"] = [*owned, opened]
    return opened
