"""What a purchase has led to, as the service's replies say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from payments_api.v1 import (
    fee_pb2,
    ledger_pb2,
    payment_pb2,
    reporting_pb2,
    reporting_service_pb2,
)

AMOUNT_MINOR = 2_500
CURRENCY = "usd"
PAYMENT_METHOD = "pm_card_visa"
FEE_MINOR = 103
"""What Stripe and the sandbox take of 25.00 usd from a domestic card: 2.9 % + 0.30 (https://stripe.com/pricing)."""

MIRROR = f"stripe:{CURRENCY}"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the service says after the purchase.

    Attributes:
        listed: ids of the payments that ListPayments gives for the reference.
        has_client_secret: whether CreatePayment gave one; it is shown to nobody.
        books: the trial balance.
        mirrors: Stripe's balance and the ledger's, a line a currency.
        entries: the newest entries of the mirror account.
        at_stripe: available + pending by currency, as Stripe's own API says; None when it was not asked directly.
    """

    payment: payment_pb2.Payment
    has_client_secret: bool
    listed: Sequence[str]
    purchase: payment_pb2.Purchase
    fees: Sequence[fee_pb2.PaymentFees]
    books: reporting_service_pb2.GetTrialBalanceResponse
    mirrors: Sequence[reporting_pb2.StripeBalance]
    balance: ledger_pb2.Balance
    entries: Sequence[ledger_pb2.Entry]
    at_stripe: dict[str, int] | None
