"""Balance transactions in one line each, and what the ledger shows once they are booked."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import NamedTuple
from uuid import UUID

from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.ledger.account import Account, AccountSpec
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.ledger.transaction import Posting, PostRequest, code_of
from payments_service.domain.payment.model import ChargeModel
from payments_service.domain.refund.model import AbsorbBy
from payments_service.domain.settlement.counters import Concern
from payments_service.domain.settlement.model import BalanceTransaction, FeeDetail
from payments_service.domain.settlement.recipe import book
from tests.unit.payments_service.domain.ledger.examples import new_uuid, run
from tests.unit.payments_service.domain.samples import CHARGE, a_payment, an_account

# A fixed id: what is made of it names tests, which must be called the same in every process.
SELLER = an_account(id=UUID(int=1), stripe_account="acct_1")
SALE = a_payment()
"""A sale of the platform itself."""

SOLD = a_payment(charge_model=ChargeModel.DESTINATION, connected_account_id=SELLER.id)
"""A sale of the seller."""

ACN = format_id(Prefix.CONNECTED_ACCOUNT, SELLER.id)
PAYABLE = f"creator:{ACN}:payable:usd"
EARNINGS = f"connected:{ACN}:earnings:usd"
FEES = f"connected:{ACN}:fees:usd"
IN_TRANSIT = f"connected:{ACN}:in_transit:usd"
MIRROR = f"connected:{ACN}:stripe:usd"
THEIR_BANK = f"connected:{ACN}:bank:usd"
THEIR_SUSPENSE = f"connected:{ACN}:suspense:usd"

_numbers = count(1)


class Line(NamedTuple):
    """A balance transaction, and what it is about."""

    transaction: BalanceTransaction
    concern: Concern


def row(kind: str, amount: int, *fees: int | FeeDetail, of: str = "") -> BalanceTransaction:
    """What Stripe books; a fee that is only a number is Stripe's."""
    details = tuple(fee if isinstance(fee, FeeDetail) else FeeDetail("stripe_fee", fee) for fee in fees)
    fee = sum(detail.amount for detail in details)
    return replace(
        CHARGE,
        id=f"txn_{next(_numbers)}",
        stripe_account=of,
        type=kind,
        amount=amount,
        fee=fee,
        net=amount - fee,
        fee_details=details,
    )


def of_category(category: str, line: Line) -> Line:
    """The same in another reporting category: what Stripe calls an adjustment is told by that alone."""
    return Line(replace(line.transaction, reporting_category=category), line.concern)


def of_balance(balance_type: str, line: Line) -> Line:
    """The same on another of the account's balances."""
    return Line(replace(line.transaction, balance_type=balance_type), line.concern)


def platform_fee(amount: int) -> FeeDetail:
    """The platform's fee, as the connected account pays it; below zero, as it gets it back."""
    return FeeDetail("application_fee", amount)


def of_sale(kind: str, amount: int, *fees: int) -> Line:
    """On the platform, about its own sale."""
    return Line(row(kind, amount, *fees), Concern(SALE))


def of_sold(kind: str, amount: int, *fees: int, absorb_by: AbsorbBy = AbsorbBy.UNSPECIFIED) -> Line:
    """On the platform, about the seller's sale."""
    return Line(row(kind, amount, *fees), Concern(SOLD, SELLER, absorb_by))


def with_seller(kind: str, amount: int) -> Line:
    """On the platform, between it and the seller."""
    return Line(row(kind, amount), Concern(account=SELLER))


def on_platform(kind: str, amount: int, *fees: int) -> Line:
    """On the platform, about nobody's sale."""
    return Line(row(kind, amount, *fees), Concern())


def on_seller(kind: str, amount: int, *fees: int | FeeDetail) -> Line:
    """In the seller's own Stripe balance."""
    return Line(row(kind, amount, *fees, of=SELLER.stripe_account), Concern(account=SELLER))


def balances(lines: Iterable[Line]) -> dict[str, int]:
    """What the accounts show on their normal side once the ledger has taken it all; zeros are left out."""
    requests = [one.request for line in lines if (one := book(*line, new_id())).request is not None]
    decision = run(_accounts(requests), *requests)
    assert not any(isinstance(outcome, Refused) for outcome in decision.outcomes), "a fact was refused"
    return {account.code: account.posted_minor for account in decision.accounts if account.posted_minor}


def moved(postings: Iterable[Posting]) -> dict[str, int]:
    """Debits less credits by account; zeros are left out."""
    sums: Counter[str] = Counter()
    for posting in postings:
        sums[code_of(posting.debit)] += posting.amount.amount_minor
        sums[code_of(posting.credit)] -= posting.amount.amount_minor
    return {code: amount for code, amount in sums.items() if amount}


def booked(line: Line) -> dict[str, int]:
    """What booking one balance transaction debits, less what it credits, by account."""
    request = book(*line, new_id()).request
    return moved(request.postings) if request else {}


def _accounts(requests: Iterable[PostRequest]) -> list[Account]:
    """The accounts that the requests make on first use."""
    specs: dict[str, AccountSpec] = {}
    for request in requests:
        for posting in request.postings:
            for spec in (posting.debit, posting.credit):
                assert isinstance(spec, AccountSpec)
                specs[spec.code] = spec
    return [Account(new_uuid(), spec.code, spec.currency, spec.kind, spec.owner_id) for spec in specs.values()]
