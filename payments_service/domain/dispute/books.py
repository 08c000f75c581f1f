"""What a dispute does to the books, besides the balance transactions that Stripe makes for it.

Stripe's own movements are settlement's: what it takes is debited to `disputes_held`, what it gives back is credited
there. What is decided here is who bears a loss, and what is set aside until that is known. Both depend only on the
fetched state and on what stands already, so any order of news, doubled or with gaps, ends in the same books.

Source: the design's ledger.md, row 7; docs/decisions/0045.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from payments_service.domain.dispute.model import OPEN, Dispute, DisputeState
from payments_service.domain.ledger import chart
from payments_service.domain.ledger.account import AccountSpec
from payments_service.domain.ledger.standing import Facts, Standing
from payments_service.domain.ledger.transaction import Posting, PostRequest, TransactionKind
from payments_service.domain.ledger.views import Balance
from payments_service.domain.money import Money

ACTOR = "disputes"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a dispute if it is lost: the connected account that was paid, or the platform.

    Attributes:
        account_id: the outside form of the connected account's id; empty for the platform.
        owner_id: whose account that is.
    """

    account_id: str = ""
    owner_id: str = ""

    def account(self, currency: str) -> AccountSpec:
        """The account that a loss is debited to."""
        return self.payable(currency) or chart.expense_dispute_loss(currency)

    def payable(self, currency: str) -> AccountSpec | None:
        """The account from which money can be set aside; None where there is none."""
        return chart.creator_payable(self.account_id, currency, self.owner_id) if self.account_id else None


def accounts_to_read(dispute: Dispute, bearer: Bearer) -> list[str]:
    """Codes of the accounts whose balances `book_dispute` has to know."""
    if dispute.state not in OPEN:
        return []
    payables = (bearer.payable(currency) for currency in sorted(dispute.withheld_minor))
    return [payable.code for payable in payables if payable is not None]


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
    held = dispute.withheld_minor if dispute.state in OPEN else {}
    lost = dispute.withheld_minor if dispute.state is DisputeState.LOST else {}
    holds = _release(facts, dispute, bearer, held)
    losses = _lose(facts, dispute, bearer, lost)
    holds += _hold(facts, bearer, {name: held[name] for name in held if name not in _currencies(holds)}, balances)
    return replace(dispute, losses=losses, holds=holds, posted=facts.posted), facts.requests


def _lose(facts: Facts, dispute: Dispute, bearer: Bearer, lost: Mapping[str, int]) -> tuple[Standing, ...]:
    """Let exactly what is lost stand as lost."""
    wanted = {currency: (bearer.account(currency), minor) for currency, minor in sorted(lost.items()) if minor > 0}
    stands = []
    for loss in dispute.losses:
        account, minor = wanted.get(loss.amount.currency, (None, 0))
        if account is not None and (account.code, minor) == (loss.account, loss.amount.amount_minor):
            stands.append(loss)
            del wanted[loss.amount.currency]
        else:
            facts.post("the dispute's loss does not stand", kind=TransactionKind.REVERSE, target_id=loss.transaction_id)
    for currency, (account, minor) in wanted.items():
        amount = Money(minor, currency)
        posting = Posting(account, chart.disputes_held(currency), amount)
        stands.append(Standing(facts.post("the dispute is lost", postings=(posting,)), account.code, amount))
    return tuple(stands)


def _release(facts: Facts, dispute: Dispute, bearer: Bearer, held: Mapping[str, int]) -> tuple[Standing, ...]:
    """Give back what need not be set aside any more."""
    stands = []
    for hold in dispute.holds:
        payable = bearer.payable(hold.amount.currency)
        fits = payable is not None and payable.code == hold.account
        if fits and hold.amount.amount_minor <= held.get(hold.amount.currency, 0):
            stands.append(hold)
        else:
            facts.post("nothing is disputed any more", kind=TransactionKind.VOID, target_id=hold.transaction_id)
    return tuple(stands)


def _hold(
    facts: Facts, bearer: Bearer, held: Mapping[str, int], balances: Mapping[str, Balance]
) -> tuple[Standing, ...]:
    """Set aside what is disputed, as far as money is there."""
    stands = []
    for currency, minor in sorted(held.items()):
        payable = bearer.payable(currency)
        balance = balances.get(payable.code) if payable else None
        if payable is None or balance is None:
            continue
        amount = Money(min(minor, balance.available.amount_minor), currency)
        if amount.amount_minor > 0:
            transaction_id = facts.post(
                "disputed",
                kind=TransactionKind.HOLD,
                # Whoever moves the account meanwhile may take what was there: then this is refused, and read again.
                forced=False,
                postings=(Posting(payable, chart.disputes_held(currency), amount),),
            )
            stands.append(Standing(transaction_id, payable.code, amount))
    return tuple(stands)


def _currencies(standing: Sequence[Standing]) -> set[str]:
    return {one.amount.currency for one in standing}
