"""The counter accounts: whom a balance transaction's gross amount belongs to, by what it is and in whose book."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.payment.model import ChargeModel, Payment
from payments_service.domain.refund.model import AbsorbBy
from payments_service.domain.settlement.kinds import Kind
from payments_service.domain.settlement.model import BalanceTransaction, ProvisionalCharge
from payments_service.domain.settlement.shares import moved

Counter = tuple[AccountSpec, int]
"""An account that is credited, and by how much; below zero it is debited."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What a balance transaction is about, as far as it is known.

    Attributes:
        payment: our payment behind it.
        account: the connected account whose money it is: whose book it is in, or, in the platform's book, who is paid.
        absorb_by: at whose expense it is, of a refund.
        payees: the connected accounts that the payment is split among, by id.
        provisional: how its charge stands in the books until this balance transaction takes its place.
        credited_minor: what the credits of a payment that is split stand at before it, in the currency of the balance
            transaction; what is provisional counts.
    """

    payment: Payment | None = None
    account: ConnectedAccount | None = None
    absorb_by: AbsorbBy = AbsorbBy.UNSPECIFIED
    payees: Mapping[UUID, ConnectedAccount] = field(default_factory=dict)
    provisional: ProvisionalCharge | None = None
    credited_minor: int = 0

    def unsettled_minor(self, currency: str) -> int:
        """What waits in `stripe_unsettled` in this currency for the balance transaction."""
        standing = self.provisional
        return standing.amount.amount_minor if standing and standing.amount.currency == currency else 0


_PLATFORM: Mapping[Kind, Callable[[str], AccountSpec]] = {
    Kind.DISPUTE: chart.disputes_held,
    Kind.UNRECONCILED: chart.unallocated,
    Kind.PLATFORM_FEE: chart.revenue_platform_fee,
    Kind.PAYOUT: chart.payouts_in_transit,
    Kind.BANK: chart.bank,
    Kind.STRIPE_FEE: chart.expense_stripe_fee,
    Kind.WITHHELD_TAX: chart.tax_payable,
    Kind.RESERVE: chart.stripe_reserved,
    Kind.ADVANCE: chart.stripe_advances,
    Kind.CONTRIBUTION: chart.expense_contribution,
}
"""Where the account does not depend on whom it is about. What a platform pays its own platform is not foreseen."""

_CONNECTED: Mapping[Kind, Callable[[str, str, str], AccountSpec]] = {
    Kind.PAID: chart.connected_earnings,
    Kind.UNDONE: chart.connected_earnings,
    Kind.REFUND: chart.connected_earnings,
    Kind.DISPUTE: chart.connected_earnings,
    Kind.UNRECONCILED: chart.connected_earnings,
    Kind.TRANSFER: chart.connected_earnings,
    Kind.COLLECTION: chart.connected_earnings,
    Kind.PLATFORM_FEE: chart.connected_fees,
    Kind.PAYOUT: chart.connected_in_transit,
    Kind.BANK: chart.connected_bank,
    Kind.STRIPE_FEE: chart.connected_fees,
    Kind.WITHHELD_TAX: chart.connected_fees,
    Kind.RESERVE: chart.connected_reserved,
    Kind.ADVANCE: chart.connected_advances,
    Kind.CONTRIBUTION: chart.connected_fees,
    Kind.BALANCE_PAYMENT: chart.connected_fees,
}

_OF_A_CHARGE = frozenset({Kind.PAID, Kind.UNDONE, Kind.REFUND})


def of_the_platform(transaction: BalanceTransaction, kind: Kind | None, concern: Concern) -> list[Counter]:
    """The counter accounts in the platform's book; none when nothing foresaw it."""
    currency, amount = transaction.currency, transaction.amount
    if kind in _OF_A_CHARGE:
        return _of_a_charge(transaction, kind, concern)
    if kind is Kind.TRANSFER and _waits_to_be_split(concern.payment):
        return [(chart.unallocated(currency), amount)]
    if kind in (Kind.TRANSFER, Kind.COLLECTION):
        return [(payable(concern.account, currency), amount)] if concern.account else []
    account = _PLATFORM.get(kind) if kind else None
    return [(account(currency), amount)] if account else []


def of_a_connected_account(
    transaction: BalanceTransaction, kind: Kind | None, account: ConnectedAccount
) -> list[Counter]:
    """The counter accounts in a connected account's own book; none when nothing foresaw it."""
    spec = _CONNECTED.get(kind) if kind else None
    if spec is None:
        return []
    account_id = format_id(Prefix.CONNECTED_ACCOUNT, account.id)
    return [(spec(account_id, transaction.currency, account.owner_id), transaction.amount)]


def payable(account: ConnectedAccount, currency: str) -> AccountSpec:
    """What is owed to the creator behind a connected account."""
    return chart.creator_payable(format_id(Prefix.CONNECTED_ACCOUNT, account.id), currency, account.owner_id)


def credited(
    payment: Payment | None,
    account: ConnectedAccount | None,
    payees: Mapping[UUID, ConnectedAccount],
    currency: str,
) -> list[tuple[AccountSpec, int]]:
    """The accounts that a paid charge credits, and their weights; none when nobody knows whose the money is.

    Args:
        payment: ours, if it is.
        account: the connected account that is paid.
        payees: the connected accounts that the payment is split among, by id.
        currency: of the credits.
    """
    if payment is not None and payment.charge_model is ChargeModel.SEPARATE:
        return _split(payment, payees, currency)
    if payment is not None and payment.charge_model is ChargeModel.PLATFORM:
        return [(chart.revenue_sales(currency), 1)]
    # A charge for a connected account that was made without us is that account's too.
    return [(payable(account, currency), 1)] if account is not None else []


def _split(payment: Payment, payees: Mapping[UUID, ConnectedAccount], currency: str) -> list[tuple[AccountSpec, int]]:
    """What each account is owed, what the platform keeps, and what waits to be split."""
    weights = [(payable(payees[split.account_id], currency), split.amount.amount_minor) for split in payment.splits]
    weights.append((chart.revenue_platform_fee(currency), payment.platform_fee.amount_minor))
    weights.append((chart.unallocated(currency), payment.unsplit.amount_minor))
    return [(spec, weight) for spec, weight in weights if weight]


def _waits_to_be_split(payment: Payment | None) -> bool:
    """Whether nobody has said yet who gets what of a payment, so that its transfers say it."""
    return payment is not None and payment.charge_model is ChargeModel.SEPARATE and not payment.splits


def _of_a_charge(transaction: BalanceTransaction, kind: Kind | None, concern: Concern) -> list[Counter]:
    """What a charge credits, less what has been provisionally; what undoes it takes it back from there.

    A refund takes it from whoever bears it.
    """
    currency, amount = transaction.currency, transaction.amount
    accounts = credited(concern.payment, concern.account, concern.payees, currency)
    if not accounts:
        return []
    if kind is Kind.REFUND and concern.absorb_by is AbsorbBy.PLATFORM and not _is_a_sale(concern.payment):
        return [(chart.expense_refund_absorbed(currency), amount)]
    waiting = concern.unsettled_minor(currency) if kind is Kind.PAID else 0
    before = concern.credited_minor
    parts = moved(before, before + amount - waiting, [weight for _, weight in accounts])
    counters = [(account, part) for (account, _), part in zip(accounts, parts, strict=True)]
    return [*counters, (chart.stripe_unsettled(currency), waiting)] if waiting else counters


def _is_a_sale(payment: Payment | None) -> bool:
    """Whether it is a sale of the platform itself, whose refunds nobody else could bear."""
    return payment is not None and payment.charge_model is ChargeModel.PLATFORM
