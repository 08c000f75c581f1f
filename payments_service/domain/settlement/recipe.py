"""The one recipe: every balance transaction of a Stripe account makes exactly one ledger transaction.

Debit the account's mirror by `net`, debit the fee accounts by each fee, credit counter accounts by `amount`. So the
mirror equals Stripe's balance whatever shape arrives, and all that is chosen is the counter accounts, by what the
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
from payments_service.domain.settlement.counters import Concern, Counter, of_a_connected_account, of_the_platform
from payments_service.domain.settlement.kinds import Kind, kind_of
from payments_service.domain.settlement.model import PAYMENTS_BALANCE, BalanceTransaction

ACTOR = "settlement"


@dataclass(frozen=True, slots=True)
class Booking:
    """How a balance transaction is booked.

    Attributes:
        request: the ledger transaction; None when nothing moves, so that there is nothing to post.
        counter: the account that took the counter side, or the first of them.
        in_suspense: whether nothing foresaw it.
    """

    request: PostRequest | None
    counter: AccountSpec
    in_suspense: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """The accounts of one Stripe account's book that a balance transaction may need, and its counter accounts."""

    mirror: AccountSpec
    fees: AccountSpec
    suspense: AccountSpec
    counters: list[Counter]


def book(transaction: BalanceTransaction, concern: Concern, transaction_id: UUID) -> Booking:
    """How to book a balance transaction.

    Args:
        transaction: what Stripe says.
        concern: what it is about. For a balance transaction of a connected account, its account is that one.
        transaction_id: id of the ledger transaction.

    Raises:
        ValueError: it is of a connected account, and that is not the one of `concern`.
    """
    accounts = _book(transaction, concern)
    counters = [Leg(*counter) for counter in accounts.counters] or [Leg(accounts.suspense, transaction.amount)]
    debits = [Leg(accounts.mirror, transaction.net)]
    debits += [Leg(accounts.fees, fee.amount) for fee in transaction.fee_details]
    # Stripe's figures add up by definition; should they ever not, the difference must not break the mirror.
    odd = sum(leg.amount_minor for leg in debits) - transaction.amount
    if odd:
        counters.append(Leg(accounts.suspense, odd))
    postings = pair(debits, counters, transaction.currency)
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
        counter=accounts.counters[0][0] if accounts.counters else accounts.suspense,
        in_suspense=not accounts.counters or odd != 0,
    )


def _book(transaction: BalanceTransaction, concern: Concern) -> _Book:
    currency, kind = transaction.currency, kind_of(transaction)
    other = transaction.balance_type if transaction.balance_type != PAYMENTS_BALANCE else ""
    if not transaction.stripe_account:
        return _Book(
            mirror=chart.stripe_mirror_of(other, currency) if other else chart.stripe_mirror(currency),
            fees=chart.expense_dispute_fee(currency) if kind is Kind.DISPUTE else chart.expense_stripe_fee(currency),
            suspense=chart.suspense(currency),
            counters=of_the_platform(transaction, kind, concern),
        )
    account = concern.account
    if account is None or account.stripe_account != transaction.stripe_account:
        raise ValueError(f"{transaction.id} is of {transaction.stripe_account}, which is not the account at hand")
    name, owner_id = format_id(Prefix.CONNECTED_ACCOUNT, account.id), account.owner_id
    return _Book(
        mirror=chart.connected_mirror_of(name, other, currency, owner_id)
        if other
        else chart.connected_mirror(name, currency, owner_id),
        fees=chart.connected_fees(name, currency, owner_id),
        suspense=chart.connected_suspense(name, currency, owner_id),
        counters=of_a_connected_account(transaction, kind, account),
    )


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
