"""Stripe's test bank accounts for direct debits, and what becomes of a debit.

Sources: https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers and
https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-integration.
"""

from dataclasses import dataclass
from enum import Enum


class Clearing(Enum):
    """What the customer's bank answers to a debit, and when."""

    SOON = "soon"
    DELAYED = "delayed"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Debit:
    """A test bank account.

    Attributes:
        kind: Stripe's type of payment method.
        token: Test payment method that stands for it.
        number: Account number or IBAN; only its last four characters are ever shown.
        failure: Code of the failure, None if the debit succeeds.
        clearing: When the bank answers.
        disputed: The debit succeeds and the customer disputes it.
    """

    kind: str
    token: str
    number: str
    failure: str | None = None
    clearing: Clearing = Clearing.SOON
    disputed: bool = False

    @property
    def last4(self) -> str:
        """The last four characters."""
        return self.number[-4:]


CURRENCIES = {"sepa_debit": "eur", "us_bank_account": "usd"}
"""The only currency of each type."""

FAILURES = {
    "account_closed": "The customer's bank account has been closed.",
    "charge_exceeds_source_limit": "The payment exceeds what the bank account may pay within a week.",
    "charge_exceeds_weekly_limit": "The payment exceeds how often the bank account may pay within a week.",
    "debit_not_authorized": "The customer has told the bank that this debit was not authorized.",
    "generic_decline": "The customer's bank has declined the debit.",
    "insufficient_funds": "The customer's bank account has insufficient funds to cover this payment.",
    "invalid_currency": "The customer's bank account does not take this currency.",
    "no_account": "The customer's bank account could not be found.",
}


def _ach(name: str, number: str, failure: str | None = None, clearing: Clearing = Clearing.SOON) -> Debit:
    return Debit("us_bank_account", f"pm_usBankAccount_{name}", number, failure, clearing, name == "dispute")


def _sepa(name: str, number: str, failure: str | None = None, clearing: Clearing = Clearing.SOON) -> Debit:
    return Debit("sepa_debit", f"pm_{name}_{number[:2].lower()}", number, failure, clearing, name == "disputed")


DEBITS = (
    _ach("success", "000123456789"),
    _ach("accountClosed", "000111111113", "account_closed"),
    _ach("noAccount", "000111111116", "no_account"),
    _ach("insufficientFunds", "000222222227", "insufficient_funds"),
    _ach("debitNotAuthorized", "000333333335", "debit_not_authorized"),
    _ach("invalidCurrency", "000444444440", "invalid_currency"),
    _ach("dispute", "000555555559"),
    _ach("processing", "000000000009", clearing=Clearing.NEVER),
    _ach("weeklyLimitExceeded", "000777777771", "charge_exceeds_source_limit"),
    _sepa("success", "DE89370400440532013000"),
    _sepa("successDelayed", "DE08370400440532013003", clearing=Clearing.DELAYED),
    _sepa("failed", "DE62370400440532013001", "generic_decline"),
    _sepa("failedDelayed", "DE78370400440532013004", "generic_decline", Clearing.DELAYED),
    _sepa("disputed", "DE35370400440532013002"),
    _sepa("exceedsWeeklyVolumeLimit", "DE65370400440000343434", "charge_exceeds_source_limit"),
    _sepa("exceedsWeeklyTransactionLimit", "DE27370400440000121212", "charge_exceeds_weekly_limit"),
    _sepa("insufficientFunds", "DE65370400440002222227", "insufficient_funds"),
    _sepa("success", "AT611904300234573201"),
    _sepa("successDelayed", "AT321904300235473204", clearing=Clearing.DELAYED),
    _sepa("failed", "IT60X0542811101000000123456", "generic_decline"),
)

_BY_TOKEN = {debit.token: debit for debit in DEBITS}
_BY_NUMBER = {debit.number: debit for debit in DEBITS}


def debit_of_payment_method(token: str) -> Debit | None:
    """The bank account behind a test payment method such as `pm_usBankAccount_success`, or None."""
    return _BY_TOKEN.get(token)


def debit_of_number(number: str) -> Debit | None:
    """The test bank account with this number or IBAN (spaces allowed), or None: the sandbox debits no other."""
    return _BY_NUMBER.get(number.replace(" ", ""))
