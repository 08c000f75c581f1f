"""The real fees of payments, from the balance transactions that Stripe booked for them."""

from collections.abc import Iterable
from dataclasses import dataclass

from payments_service.domain.money import Money
from payments_service.domain.settlement.model import BalanceTransaction

PAID = frozenset({"charge", "payment"})
"""Types that bring a customer's money in (docs.stripe.com/reports/balance-transaction-types)."""


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee as Stripe took it."""

    type: str
    amount: Money
    description: str
    balance_transaction_id: str


@dataclass(frozen=True, slots=True)
class Fees:
    """What came in, what was taken and what is left, in one currency: net = gross - fees - refunded."""

    gross: Money
    fees: Money
    refunded: Money
    net: Money
    lines: tuple[FeeLine, ...]
    settled: bool


def fees_of(transactions: Iterable[BalanceTransaction]) -> list[Fees]:
    """The figures of these balance transactions, one a currency, by code.

    Gross is what charges brought in. Whatever else moved (refunds, their failures, reversals of a capture) is on the
    refunded side, so that the figures always add up to the net.
    """
    by_currency: dict[str, list[BalanceTransaction]] = {}
    for transaction in transactions:
        by_currency.setdefault(transaction.currency, []).append(transaction)
    return [_fees(currency, rows) for currency, rows in sorted(by_currency.items())]


def _fees(currency: str, rows: list[BalanceTransaction]) -> Fees:
    gross = sum(row.amount for row in rows if row.type in PAID)
    return Fees(
        gross=Money(gross, currency),
        fees=Money(sum(row.fee for row in rows), currency),
        refunded=Money(gross - sum(row.amount for row in rows), currency),
        net=Money(sum(row.net for row in rows), currency),
        lines=tuple(
            FeeLine(fee.type, Money(fee.amount, currency), fee.description, row.id)
            for row in rows
            for fee in row.fee_details
        ),
        settled=any(row.type in PAID for row in rows),
    )
