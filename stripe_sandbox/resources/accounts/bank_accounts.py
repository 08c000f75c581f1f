"""The bank account that an account is paid out to."""

import hashlib

from stripe_sandbox.http.errors import no_such_object
from stripe_sandbox.json_types import JsonObject
from stripe_sandbox.resources.accounts.requirements import part_requirements
from stripe_sandbox.state.scope import Scope

TEST_ACCOUNT: JsonObject = {
    "account_number": "000123456789",
    "country": "US",
    "currency": "usd",
    "routing_number": "110000000",
}
"""https://docs.stripe.com/connect/testing#account-numbers."""
_TOKENS = {
    "btok_us": "000123456789",
    "btok_us_verified": "000123456789",
    "btok_us_verified_accountClosed": "000111111113",
    "btok_us_verified_debitNotAuthorized": "000333333335",
    "btok_us_verified_insufficientFunds": "000222222227",
    "btok_us_verified_invalidCurrency": "000444444440",
    "btok_us_verified_noAccount": "000111111116",
}
_FINGERPRINT_BYTES = 8
_LAST_CHARS = 4


def add_bank_account(scope: Scope, profile: JsonObject, given: str | JsonObject) -> JsonObject:
    """A bank account, by test token or by its details, in place of the one that the account had.

    Raises:
        StripeError: 400 `resource_missing`, the token is none.
    """
    if isinstance(given, str):
        if given not in _TOKENS:
            raise no_such_object("token", given, "external_account")
        given = {**TEST_ACCOUNT, "account_number": _TOKENS[given]}
    number = given["account_number"]
    bank_account: JsonObject = {
        "id": scope.world.ids.new("ba"),
        "object": "bank_account",
        "account": profile["id"],
        "account_holder_name": given.get("account_holder_name"),
        "account_holder_type": given.get("account_holder_type"),
        "account_type": None,
        "available_payout_methods": ["instant", "standard"] if given["country"].upper() == "US" else ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": given["country"].upper(),
        "currency": given["currency"].lower(),
        "default_for_currency": True,
        "fingerprint": hashlib.blake2b(number.encode(), digest_size=_FINGERPRINT_BYTES).hexdigest(),
        "future_requirements": part_requirements(),
        "last4": number[-_LAST_CHARS:],
        "metadata": {},
        "requirements": part_requirements(),
        "routing_number": given.get("routing_number"),
        "status": "new",
    }
    profile["external_accounts"] = {**profile["external_accounts"], "data": [bank_account]}
    return bank_account
