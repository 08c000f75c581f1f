"""What Stripe keeps of a card payment.

Standard pricing of a US account for domestic cards: 2.9 % plus a fixed part in the currency of the charge
(https://stripe.com/pricing, https://support.stripe.com/questions/fees-for-supported-currencies).
"""

from stripe_sandbox.json_types import JsonObject

PERCENT_BASIS_POINTS = 290
_BASIS_POINTS = 10_000

FIXED = {
    "aed": 100, "aud": 30, "bgn": 50, "brl": 50, "cad": 30, "chf": 30, "czk": 1_000, "dkk": 180, "eur": 25, "gbp": 20,
    "hkd": 235, "huf": 8_500, "jpy": 30, "mxn": 300, "myr": 200, "nok": 200, "nzd": 30, "pln": 100, "ron": 100,
    "sek": 180, "sgd": 50, "thb": 1_000, "usd": 30,
}  # fmt: skip
"""Fixed part in minor units. Currencies that are not listed pay the percentage only."""

DISPUTE = {
    "aud": 2_500, "cad": 1_500, "chf": 2_000, "eur": 2_000, "gbp": 2_000, "hkd": 8_500, "jpy": 1_300, "nzd": 2_500,
    "sgd": 1_500, "usd": 1_500,
}  # fmt: skip
"""What a chargeback costs, in minor units. In other currencies it costs nothing here."""

DEBIT_BASIS_POINTS = 80
DEBIT_MAXIMUM = 500
"""No direct debit and no bank transfer costs more."""


def debit_fee(amount: int) -> int:
    """The fee for a direct debit, in minor units: 0.8 % rounded half up, at most 5.00."""
    return min(DEBIT_MAXIMUM, (amount * DEBIT_BASIS_POINTS + _BASIS_POINTS // 2) // _BASIS_POINTS)


BANK_TRANSFER_BASIS_POINTS = 50


def bank_transfer_fee(amount: int) -> int:
    """The fee for a bank transfer, in minor units: 0.5 % rounded half up, at most 5.00."""
    return min(DEBIT_MAXIMUM, (amount * BANK_TRANSFER_BASIS_POINTS + _BASIS_POINTS // 2) // _BASIS_POINTS)


INSTANT_BASIS_POINTS = 100
INSTANT_MINIMUM = 50
"""An instant payout costs 1 %, at least this many minor units."""


def instant_payout_fee(amount: int) -> int:
    """The fee for an instant payout, in minor units, rounded half up."""
    return max(INSTANT_MINIMUM, (amount * INSTANT_BASIS_POINTS + _BASIS_POINTS // 2) // _BASIS_POINTS)


def card_fee(amount: int, currency: str) -> int:
    """The fee for a captured amount, in minor units: the percentage rounded half up, plus the fixed part.

    The fee never exceeds the amount.
    """
    percentage = (amount * PERCENT_BASIS_POINTS + _BASIS_POINTS // 2) // _BASIS_POINTS
    return min(amount, percentage + FIXED.get(currency, 0))


def stripe_fee_detail(amount: int, currency: str, description: str = "Stripe processing fees") -> JsonObject:
    """The line in `fee_details` that says so; negative for a fee that comes back."""
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": "stripe_fee",
    }
