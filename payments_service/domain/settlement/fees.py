"""The real fees of payments, from the balance transactions that Stripe booked for them."""

from collections.abc import Iterable
from dataclasses import dataclass

from payments_service.domain.money import Money
from payments_service.domain.settlement.kinds import Kind, types_of
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail

PAID = types_of(Kind.PAID)
APPLICATION_FEES = types_of(Kind.PLATFORM_FEE)
_TRANSFERRED = types_of(Kind.TRANSFER)


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee as Stripe took it.

    Attributes:
        of_connected_account: whether the connected account paid it, and not the platform.
    """

    type: str
    amount: Money
    description: str
    balance_transaction_id: str
    of_connected_account: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A connected account's share of payments: net = gross - fees - refunded."""

    gross: Money
    fees: Money
    refunded: Money
    net: Money


@dataclass(frozen=True, slots=True)
class Fees:
    """What came in, what was taken and what is left for the platform, in one currency.

    net = gross - fees - refunded - transferred + platform_fee

    Attributes:
        fees: Stripe's.
        transferred: what went to connected accounts, less what came back.
        platform_fee: what the platform took from connected accounts, less what it gave back.
        share: what the connected account has of it; None where none took part.
    """

    gross: Money
    fees: Money
    refunded: Money
    transferred: Money
    platform_fee: Money
    net: Money
    share: Share | None
    lines: tuple[FeeLine, ...]
    settled: bool


def fees_of(transactions: Iterable[BalanceTransaction]) -> list[Fees]:
    """The figures of these balance transactions, one a currency, by code.

    Gross is what charges brought in. Whatever is neither that nor a transfer nor the platform's fee (refunds, their
    failures, reversals of a capture) is on the refunded side, so that the figures always add up to the net.
    """
    by_currency: dict[str, list[BalanceTransaction]] = {}
    for transaction in transactions:
        by_currency.setdefault(transaction.currency, []).append(transaction)
    return [_fees(currency, rows) for currency, rows in sorted(by_currency.items())]


def _fees(currency: str, rows: list[BalanceTransaction]) -> Fees:
    platform = [row for row in rows if not row.stripe_account]
    gross = _sum(platform, PAID)
    transferred = -_sum(platform, _TRANSFERRED)
    platform_fee = _sum(platform, APPLICATION_FEES)
    refunded = gross - transferred + platform_fee - sum(row.amount for row in platform)
    return Fees(
        gross=Money(gross, currency),
        fees=Money(sum(row.fee for row in platform), currency),
        refunded=Money(refunded, currency),
        transferred=Money(transferred, currency),
        platform_fee=Money(platform_fee, currency),
        net=Money(sum(row.net for row in platform), currency),
        share=_share(currency, [row for row in rows if row.stripe_account]),
        lines=tuple(line for row in rows for line in _lines(row)),
        settled=any(row.type in PAID and not _came_by_transfer(row) for row in rows),
    )


def _came_by_transfer(row: BalanceTransaction) -> bool:
    """Whether a connected account got it from the platform, whose own side is then to be booked too."""
    return bool(row.stripe_account and row.parent_id)


def _lines(row: BalanceTransaction) -> list[FeeLine]:
    """The fees of a row; a fee that came back on a line of its own is a fee below zero, as within a refund's line."""
    of_connected = bool(row.stripe_account)
    fees = list(row.fee_details)
    if of_connected and row.type in APPLICATION_FEES:
        fees.append(FeeDetail("application_fee", -row.amount, row.description))
    return [FeeLine(fee.type, Money(fee.amount, row.currency), fee.description, row.id, of_connected) for fee in fees]


def _share(currency: str, rows: list[BalanceTransaction]) -> Share | None:
    if not rows:
        return None
    gross = _sum(rows, PAID)
    # A fee given back on a line of its own lowers the fees, as one within a refund's line does.
    returned = _sum(rows, APPLICATION_FEES)
    return Share(
        gross=Money(gross, currency),
        fees=Money(sum(row.fee for row in rows) - returned, currency),
        refunded=Money(gross + returned - sum(row.amount for row in rows), currency),
        net=Money(sum(row.net for row in rows), currency),
    )


def _sum(rows: list[BalanceTransaction], types: frozenset[str]) -> int:
    return sum(row.amount for row in rows if row.type in types)
