"""The one recipe: every balance transaction of a Stripe account makes exactly one ledger transaction.

Debit the account's mirror by `net`, debit the fee accounts by each fee, credit a counter account by `amount`. So the
mirror equals Stripe's balance whatever shape arrives, and all that is chosen here is the counter account, by what the
balance transaction is for. What is not foreseen goes to suspense: booked, listed and alerted, never dropped.

Source: the design's ledger.md, "The one recipe"; docs.stripe.com/reports/balance-transaction-types.
"""

from dataclasses import dataclass
from uuid import UUID

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.legs import Leg, pair
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.payment.model import Payment
from payments_service.domain.settlement.model import BalanceTransaction

ACTOR = "settlement"

_OF_A_PAYMENT = frozenset(
    {
        "charge",
        "payment",
        "refund",
        "payment_refund",
        "refund_failure",
        "payment_failure_refund",
        "partial_capture_reversal",
    }
)
"""Types that are about what a customer paid: what a charge credits, the others take back or restore."""

_PAYOUT = frozenset({"payout", "payout_failure", "payout_cancel"})
_STRIPE_FEE = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "payment_method_passthrough_fee"})


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


def book(transaction: BalanceTransaction, payment: Payment | None, transaction_id: UUID) -> Booking:
    """How to book a balance transaction of the platform's account.

    Args:
        transaction: what Stripe says.
        payment: our payment behind it, if it is about one that we know.
        transaction_id: id of the ledger transaction.
    """
    currency = transaction.currency
    counter = _counter(transaction, payment)
    fee_account = chart.expense_stripe_fee(currency)
    debits = [Leg(chart.stripe_mirror(currency), transaction.net)]
    debits += [Leg(fee_account, fee.amount) for fee in transaction.fee_details]
    counters = [Leg(counter, transaction.amount)]
    # Stripe's figures add up by definition; should they ever not, the difference must not break the mirror.
    odd = sum(leg.amount_minor for leg in debits) - transaction.amount
    if odd:
        counters.append(Leg(chart.suspense(currency), odd))
    postings = pair(debits, counters, currency)
    suspense = chart.suspense(currency)
    return Booking(
        request=PostRequest(
            transaction_id=transaction_id,
            reference=transaction.reference,
            postings=postings,
            effective_time=transaction.created,
            forced=True,
            description=transaction.description or transaction.type,
            metadata=_metadata(transaction, payment),
            actor=ACTOR,
        )
        if postings
        else None,
        counter=counter,
        in_suspense=counter == suspense or odd != 0,
    )


def _counter(transaction: BalanceTransaction, payment: Payment | None) -> AccountSpec:
    currency = transaction.currency
    if transaction.type in _OF_A_PAYMENT and payment is not None:
        return chart.revenue_sales(currency)
    if transaction.type in _PAYOUT:
        return chart.payouts_in_transit(currency)
    if transaction.type == "topup":
        return chart.bank(currency)
    if transaction.type in _STRIPE_FEE:
        return chart.expense_stripe_fee(currency)
    return chart.suspense(currency)


def _metadata(transaction: BalanceTransaction, payment: Payment | None) -> dict[str, str]:
    facts = {
        "stripe_type": transaction.type,
        "stripe_source": transaction.source_id,
        "payment_id": format_id(Prefix.PAYMENT, payment.id) if payment else "",
        "exchange_rate": transaction.exchange_rate,
    }
    return {key: value for key, value in facts.items() if value}
