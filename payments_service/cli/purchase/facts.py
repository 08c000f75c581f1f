"""What a purchase has led to: the service's replies, and what Stripe itself says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payments_api.v1 import (
    account_pb2,
    event_pb2,
    fee_pb2,
    ledger_pb2,
    payment_pb2,
    refund_pb2,
    reporting_pb2,
    reporting_service_pb2,
)

CURRENCY = "usd"
PAYMENT_METHOD = "pm_card_visa"
AMOUNT_MINOR = 10_000
PLATFORM_FEE_MINOR = 1_000
REFUND_MINOR = 4_000
STRIPE_FEE_MINOR = 320
"""What Stripe and the sandbox take of 100.00 usd from a domestic card: 2.9 % + 0.30 (https://stripe.com/pricing). It is
not given back with a refund (https://docs.stripe.com/refunds)."""

KEPT_FEE_MINOR = 600
"""The platform's fee less what it gives back of it, in proportion to the refund."""

PLATFORM_LEFT_MINOR = 280
"""In the platform's Stripe balance: its fee less Stripe's."""

SELLER_LEFT_MINOR = 5_400
"""In the seller's Stripe balance: what is not refunded less the platform's fee."""

EXPECTED_EVENTS = (
    ("account.updated", "ACTIVE"),
    ("payment.succeeded", "SUCCEEDED"),
    ("refund.succeeded", "SUCCEEDED"),
)
"""Type and state of the service's own events about a purchase with a partial refund; there may be more."""

MIRROR = f"stripe:{CURRENCY}"


@dataclass(frozen=True, slots=True)
class Booking:
    """A balance transaction, as Stripe tells it. Amounts are minor units, signed as in the balance.

    Attributes:
        of_seller: whether it is in the seller's balance, and not in the platform's.
    """

    id: str
    type: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    of_seller: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the service and Stripe say after the purchase and its refund.

    Attributes:
        seller: the connected account.
        schedule: the fee schedule in force for the seller; None when there is none. The purchase names its own fee.
        estimate: what CalculateFees said beforehand.
        has_client_secret: whether CreatePayment gave one; it is shown to nobody.
        listed: ids of the payments that ListPayments gives for the reference.
        refunds: what ListRefunds gives for the payment.
        events: those of PullEvents that are about this purchase and its seller, in order.
        books: the trial balance.
        mirrors: the platform's balance at Stripe and the ledger's mirror of it, a line a currency.
        seller_mirrors: the same of the seller.
        balances: what GetBalance gives, by the account's code.
        entries: amounts in the ledger's two mirrors, debits positive, by the id of the balance transaction.
        bookings: Stripe's balance transactions of this purchase in both balances, oldest first.
        at_stripe: the platform's available + pending by currency, as Stripe's own API says.
        seller_at_stripe: the same of the seller.
    """

    seller: account_pb2.ConnectedAccount
    schedule: fee_pb2.FeeSchedule | None
    estimate: fee_pb2.FeeEstimate
    payment: payment_pb2.Payment
    has_client_secret: bool
    listed: Sequence[str]
    purchase: payment_pb2.Purchase
    refunds: Sequence[refund_pb2.Refund]
    fees: Sequence[fee_pb2.PaymentFees]
    events: Sequence[event_pb2.Event]
    books: reporting_service_pb2.GetTrialBalanceResponse
    mirrors: Sequence[reporting_pb2.StripeBalance]
    seller_mirrors: Sequence[reporting_pb2.StripeBalance]
    balances: Mapping[str, ledger_pb2.Balance]
    entries: Mapping[str, Sequence[int]]
    bookings: Sequence[Booking]
    at_stripe: dict[str, int]
    seller_at_stripe: dict[str, int]


def seller_codes(account_id: str) -> dict[str, str]:
    """The codes of a seller's accounts in the ledger, by what they are."""
    book = f"connected:{account_id}"
    return {
        "mirror": f"{book}:stripe:{CURRENCY}",
        "earnings": f"{book}:earnings:{CURRENCY}",
        "fees": f"{book}:fees:{CURRENCY}",
        "payable": f"creator:{account_id}:payable:{CURRENCY}",
    }
