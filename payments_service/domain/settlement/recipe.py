"""The one recipe: every balance transaction of a Stripe account makes exactly one ledger transaction.

Debit the account's mirror by `net`, debit the fee accounts by each fee, credit a counter account by `amount`. So the
mirror equals Stripe's balance whatever shape arrives, and all that is chosen here is the counter account, by what the
balance transaction is for. What is not foreseen goes to suspense: booked, listed and alerted, never dropped.

Source: the design's ledger.md, "The one recipe"; docs.stripe.com/reports/balance-transaction-types.
"""

from dataclasses import dataclass
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.legs import Leg, pair
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.payment.model import ChargeModel, Payment
from payments_service.domain.refund.model import AbsorbBy
from payments_service.domain.settlement.model import BalanceTransaction

ACTOR = "settlement"

PAID = frozenset({"charge", "payment"})
"""Types that bring a customer's money in."""

_UNDONE = frozenset({"payment_failure_refund", "partial_capture_reversal"})
"""Types that take back what a charge credited, whoever bears refunds."""

REFUNDS = frozenset({"refund", "payment_refund", "refund_failure"})
"""Types about a refund: what it takes, and what its failure brings back."""

_TRANSFERS = frozenset({"transfer", "transfer_refund", "transfer_cancel", "transfer_failure"})
APPLICATION_FEES = frozenset({"application_fee", "application_fee_refund"})
_PAYOUTS = frozenset({"payout", "payout_failure", "payout_cancel"})
_STRIPE_FEES = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "payment_method_passthrough_fee"})
_EARNED = PAID | _UNDONE | REFUNDS | _TRANSFERS | {"adjustment", "payment_reversal"}
"""Types that change what a connected account has earned."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What a balance transaction is about, as far as it is known.

    Attributes:
        payment: our payment behind it.
        account: the connected account whose money it is: whose book it is in, or, in the platform's book, who is paid.
        absorb_by: at whose expense it is, of a refund.
    """

    payment: Payment | None = None
    account: ConnectedAccount | None = None
    absorb_by: AbsorbBy = AbsorbBy.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Booking:
    """How a balance transaction is booked.

    Attributes:
        request: the ledger transaction; None when nothing moves, so that there is nothing to post.
        counter: the account that took the counter side.
        in_suspense: whether nothing foresaw it.
    """

    request: PostRequest | None
    counter: AccountSpec
    in_suspense: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """The accounts of one Stripe account's book that every balance transaction may need."""

    mirror: AccountSpec
    fees: AccountSpec
    suspense: AccountSpec
    counter: AccountSpec | None


def book(transaction: BalanceTransaction, concern: Concern, transaction_id: UUID) -> Booking:
    """How to book a balance transaction.

    Args:
        transaction: what Stripe says.
        concern: what it is about. For a balance transaction of a connected account, its account is that one.
        transaction_id: id of the ledger transaction.

    Raises:
        ValueError: it is of a connected account, and that is not the one of `concern`.
    """
    currency = transaction.currency
    accounts = _book(transaction, concern)
    counter = accounts.counter or accounts.suspense
    debits = [Leg(accounts.mirror, transaction.net)]
    debits += [Leg(accounts.fees, fee.amount) for fee in transaction.fee_details]
    counters = [Leg(counter, transaction.amount)]
    # Stripe's figures add up by definition; should they ever not, the difference must not break the mirror.
    odd = sum(leg.amount_minor for leg in debits) - transaction.amount
    if odd:
        counters.append(Leg(accounts.suspense, odd))
    postings = pair(debits, counters, currency)
    return Booking(
        request=PostRequest(
            transaction_id=transaction_id,
            reference=transaction.reference,
            postings=postings,
            effective_time=transaction.created,
            forced=True,
            description=transaction.description or transaction.type,
            metadata=_metadata(transaction, concern),
            actor=ACTOR,
        )
        if postings
        else None,
        counter=counter,
        in_suspense=counter == accounts.suspense or odd != 0,
    )


def _book(transaction: BalanceTransaction, concern: Concern) -> _Book:
    currency = transaction.currency
    if not transaction.stripe_account:
        return _Book(
            mirror=chart.stripe_mirror(currency),
            fees=chart.expense_stripe_fee(currency),
            suspense=chart.suspense(currency),
            counter=_of_the_platform(transaction, concern),
        )
    account = concern.account
    if account is None or account.stripe_account != transaction.stripe_account:
        raise ValueError(f"{transaction.id} is of {transaction.stripe_account}, which is not the account at hand")
    which = format_id(Prefix.CONNECTED_ACCOUNT, account.id), currency, account.owner_id
    return _Book(
        mirror=chart.connected_mirror(*which),
        fees=chart.connected_fees(*which),
        suspense=chart.connected_suspense(*which),
        counter=_of_a_connected_account(transaction, *which),
    )


def _of_the_platform(transaction: BalanceTransaction, concern: Concern) -> AccountSpec | None:
    """The counter account in the platform's book; None when nothing foresaw it."""
    currency, kind = transaction.currency, transaction.type
    if kind in PAID | _UNDONE | REFUNDS:
        return _of_a_payment(transaction, concern)
    if kind in _TRANSFERS:
        return _payable(concern.account, currency)
    if kind in APPLICATION_FEES:
        return chart.revenue_platform_fee(currency)
    if kind in _PAYOUTS:
        return chart.payouts_in_transit(currency)
    if kind == "topup":
        return chart.bank(currency)
    if kind in _STRIPE_FEES:
        return chart.expense_stripe_fee(currency)
    return None


def _of_a_payment(transaction: BalanceTransaction, concern: Concern) -> AccountSpec | None:
    """What a charge credits; what undoes it takes it back from there, and a refund from whoever bears it."""
    currency = transaction.currency
    if concern.payment is None:
        return None
    if concern.payment.charge_model is ChargeModel.PLATFORM:
        return chart.revenue_sales(currency)
    if transaction.type in REFUNDS and concern.absorb_by is AbsorbBy.PLATFORM:
        return chart.expense_refund_absorbed(currency)
    return _payable(concern.account, currency)


def _payable(account: ConnectedAccount | None, currency: str) -> AccountSpec | None:
    if account is None:
        return None
    return chart.creator_payable(format_id(Prefix.CONNECTED_ACCOUNT, account.id), currency, account.owner_id)


def _of_a_connected_account(
    transaction: BalanceTransaction, account_id: str, currency: str, owner_id: str
) -> AccountSpec | None:
    """The counter account in a connected account's own book; None when nothing foresaw it."""
    if transaction.type in _EARNED:
        return chart.connected_earnings(account_id, currency, owner_id)
    if transaction.type in _PAYOUTS:
        return chart.connected_in_transit(account_id, currency, owner_id)
    if transaction.type in APPLICATION_FEES | _STRIPE_FEES:
        return chart.connected_fees(account_id, currency, owner_id)
    return None


def _metadata(transaction: BalanceTransaction, concern: Concern) -> dict[str, str]:
    facts = {
        "stripe_type": transaction.type,
        "stripe_source": transaction.source_id,
        "stripe_account": transaction.stripe_account,
        "payment_id": format_id(Prefix.PAYMENT, concern.payment.id) if concern.payment else "",
        "account_id": format_id(Prefix.CONNECTED_ACCOUNT, concern.account.id) if concern.account else "",
        "exchange_rate": transaction.exchange_rate,
    }
    return {key: value for key, value in facts.items() if value}
