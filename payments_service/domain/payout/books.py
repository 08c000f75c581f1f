"""What a payout does to the books, besides the balance transactions that Stripe makes for it.

Those are settlement's: money that leaves the Stripe balance is debited to `in transit`, money that comes back is
credited there. Here it arrives at the bank, and leaves it again should a payout fail that had been paid. What stands
depends only on the fetched state, so any order of news, doubled or with gaps, ends in the same books.

Source: the design's ledger.md, rows 8 and c.
"""

from collections.abc import Sequence
from dataclasses import replace

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.standing import Facts, Standing
from payments_service.domain.ledger.transaction import Posting, PostRequest, TransactionKind, code_of
from payments_service.domain.money import Money
from payments_service.domain.payout.model import Payout, PayoutState

ACTOR = "payouts"


def book_payout(payout: Payout) -> tuple[Payout, Sequence[PostRequest]]:
    """What is to be posted so that the books show the payout as it stands now, and the payout after that.

    Args:
        payout: after Stripe's answer, under its lock.
    """
    stripe_id = payout.stripe_payout_id
    facts = Facts(f"payout:{stripe_id}", ACTOR, payout.posted, {"stripe_source": stripe_id})
    accounts = _accounts(payout)
    paid = payout.state is PayoutState.PAID and payout.moved.amount_minor != 0
    arrived = payout.arrived
    posting = _posting(payout, *accounts) if paid and accounts else None
    if arrived is not None and (posting is None or not _is(arrived, posting)):
        facts.post("the payout did not arrive", kind=TransactionKind.REVERSE, target_id=arrived.transaction_id)
        arrived = None
    if arrived is None and posting is not None:
        transaction_id = facts.post("the payout arrived", postings=(posting,))
        arrived = Standing(transaction_id, code_of(posting.debit), posting.amount)
    return replace(payout, arrived=arrived, posted=facts.posted), facts.requests


def _accounts(payout: Payout) -> tuple[AccountSpec, AccountSpec] | None:
    """The bank and what is in transit, of whose payout it is; None for an account that is none of ours."""
    currency = payout.moved.currency
    if not payout.stripe_account:
        return chart.bank(currency), chart.payouts_in_transit(currency)
    if payout.connected_account_id is None:
        return None
    which = format_id(Prefix.CONNECTED_ACCOUNT, payout.connected_account_id), currency, payout.owner_id
    return chart.connected_bank(*which), chart.connected_in_transit(*which)


def _posting(payout: Payout, bank: AccountSpec, in_transit: AccountSpec) -> Posting:
    """From what is in transit to the bank; the other way for a payout that debits the bank account."""
    amount = Money(abs(payout.moved.amount_minor), payout.moved.currency)
    if payout.moved.amount_minor > 0:
        return Posting(bank, in_transit, amount)
    return Posting(in_transit, bank, amount)


def _is(arrived: Standing, posting: Posting) -> bool:
    return (arrived.account, arrived.amount) == (code_of(posting.debit), posting.amount)
