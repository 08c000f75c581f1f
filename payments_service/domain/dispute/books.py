"""What a dispute does to the books, besides the balance transactions that Stripe makes for it.

Stripe's own movements are settlement's: what it takes is debited to `disputes_held`, what it gives back is credited
there. What is decided here is who bears a loss, and what is set aside until that is known. Both depend only on the
fetched state and on what stands already, so any order of news, doubled or with gaps, ends in the same books.

Source: the design's ledger.md, row 7; docs/decisions/0045.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.dispute.model import OPEN, Dispute, DisputeState
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountKind, AccountSpec
from payments_service.domain.ledger.standing import Facts, Standing
from payments_service.domain.ledger.transaction import Posting, PostRequest, TransactionKind
from payments_service.domain.ledger.views import Balance
from payments_service.domain.money import Money
from payments_service.domain.payment.model import Payment
from payments_service.domain.settlement.counters import credited
from payments_service.domain.settlement.shares import shares

ACTOR = "disputes"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a dispute if it is lost: whoever's the money of the charge was, each by their part of it.

    Attributes:
        payment: ours; None when the charge is none of ours, so that the platform bears it.
        account: the connected account that it pays.
        payees: the connected accounts that it is split among, by id.
    """

    payment: Payment | None = None
    account: ConnectedAccount | None = None
    payees: Mapping[UUID, ConnectedAccount] = field(default_factory=dict)

    def parts(self, minor_by_currency: Mapping[str, int]) -> dict[str, tuple[AccountSpec, int]]:
        """What each account bears of these amounts, by its code. What the platform had earned is its loss."""
        borne: dict[str, tuple[AccountSpec, int]] = {}
        for currency, minor in sorted(minor_by_currency.items()):
            loss = chart.expense_dispute_loss(currency)
            credited_to = credited(self.payment, self.account, self.payees, currency) or [(loss, 1)]
            accounts = [loss if spec.kind is AccountKind.REVENUE else spec for spec, _ in credited_to]
            for spec, part in zip(accounts, shares(minor, [weight for _, weight in credited_to]), strict=True):
                borne[spec.code] = spec, part + (borne[spec.code][1] if spec.code in borne else 0)
        return {code: (spec, minor) for code, (spec, minor) in borne.items() if minor > 0}

    def set_aside(self, minor_by_currency: Mapping[str, int]) -> dict[str, tuple[AccountSpec, int]]:
        """What of that can be set aside: what is owed to connected accounts. The platform needs no hold on itself."""
        parts = self.parts(minor_by_currency)
        return {code: part for code, part in parts.items() if chart.receivable_of(part[0]) is not None}


def accounts_to_read(dispute: Dispute, bearer: Bearer) -> list[str]:
    """Codes of the accounts whose balances `book_dispute` has to know."""
    return sorted(bearer.set_aside(dispute.withheld_minor)) if dispute.state in OPEN else []


def book_dispute(
    dispute: Dispute, bearer: Bearer, balances: Mapping[str, Balance]
) -> tuple[Dispute, Sequence[PostRequest]]:
    """What is to be posted so that the books show the dispute as it stands now, and the dispute after that.

    Args:
        dispute: after Stripe's answer, under its lock; of the platform's balance.
        bearer: who bears it.
        balances: of the accounts that `accounts_to_read` names and that exist, by code.
    """
    stripe_id = dispute.stripe_dispute_id
    facts = Facts(f"dispute:{stripe_id}", ACTOR, dispute.posted, {"stripe_source": stripe_id})
    held = bearer.set_aside(dispute.withheld_minor) if dispute.state in OPEN else {}
    lost = bearer.parts(dispute.withheld_minor) if dispute.state is DisputeState.LOST else {}
    holds = _release(facts, dispute, held)
    losses = _lose(facts, dispute, lost)
    standing = {hold.account for hold in holds}
    holds += _hold(facts, {code: part for code, part in held.items() if code not in standing}, balances)
    return replace(dispute, losses=losses, holds=holds, posted=facts.posted), facts.requests


def _lose(facts: Facts, dispute: Dispute, lost: Mapping[str, tuple[AccountSpec, int]]) -> tuple[Standing, ...]:
    """Let exactly what is lost stand as lost."""
    wanted = dict(lost)
    stands = []
    for loss in dispute.losses:
        _, minor = wanted.get(loss.account, (None, 0))
        if minor == loss.amount.amount_minor:
            stands.append(loss)
            del wanted[loss.account]
        else:
            facts.post("the dispute's loss does not stand", kind=TransactionKind.REVERSE, target_id=loss.transaction_id)
    for account, minor in wanted.values():
        amount = Money(minor, account.currency)
        posting = Posting(account, chart.disputes_held(account.currency), amount)
        stands.append(Standing(facts.post("the dispute is lost", postings=(posting,)), account.code, amount))
    return tuple(stands)


def _release(facts: Facts, dispute: Dispute, held: Mapping[str, tuple[AccountSpec, int]]) -> tuple[Standing, ...]:
    """Give back what need not be set aside any more."""
    stands = []
    for hold in dispute.holds:
        _, minor = held.get(hold.account, (None, 0))
        if hold.amount.amount_minor <= minor:
            stands.append(hold)
        else:
            facts.post("nothing is disputed any more", kind=TransactionKind.VOID, target_id=hold.transaction_id)
    return tuple(stands)


def _hold(
    facts: Facts, held: Mapping[str, tuple[AccountSpec, int]], balances: Mapping[str, Balance]
) -> tuple[Standing, ...]:
    """Set aside what is disputed, as far as money is there."""
    stands = []
    for code, (payable, minor) in held.items():
        available = balances[code].available.amount_minor if code in balances else 0
        amount = Money(min(minor, available), payable.currency)
        if amount.amount_minor > 0:
            transaction_id = facts.post(
                "disputed",
                kind=TransactionKind.HOLD,
                # Whoever moves the account meanwhile may take what was there: then this is refused, and read again.
                forced=False,
                postings=(Posting(payable, chart.disputes_held(payable.currency), amount),),
            )
            stands.append(Standing(transaction_id, code, amount))
    return tuple(stands)
