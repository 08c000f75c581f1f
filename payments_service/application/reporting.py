"""Stripe's balance and the ledger's, side by side."""

from dataclasses import dataclass

from payments_service.application.caller import Principal
from payments_service.application.ports import Stripe, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ledger import chart
from payments_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class MirroredBalance:
    """One currency of the platform's balance.

    Attributes:
        available: what Stripe could pay out now.
        pending: what Stripe has not released yet.
        ledger: the mirror account in the ledger.
    """

    available: Money
    pending: Money
    ledger: Money

    @property
    def difference(self) -> Money:
        """Ledger less Stripe: zero once every balance transaction is booked."""
        return self.ledger - self.available - self.pending


class StripeBalanceReader:
    """GetStripeBalance."""

    def __init__(self, transactions: Transactions, stripe: Stripe) -> None:
        self._transactions = transactions
        self._stripe = stripe

    async def __call__(self, principal: Principal) -> list[MirroredBalance]:
        """The platform's balance, one line a currency.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE, or SCOPE_MISSING for a token that is bound to owners: the platform's
                balance belongs to none of them.
        """
        if principal.owner_ids is not None:
            raise PaymentsError(
                Reason.SCOPE_MISSING,
                "the platform's balance is not any owner's: use a backend's token",
                metadata={"scope": "reports.read"},
            )
        at_stripe = {line.currency: line for line in await self._stripe.balance()}
        mirrors = await self._transactions.run(lambda unit: _mirrors(unit, set(at_stripe)))
        lines = []
        for currency in sorted(at_stripe.keys() | mirrors.keys()):
            line = at_stripe.get(currency)
            lines.append(
                MirroredBalance(
                    available=Money(line.available if line else 0, currency),
                    pending=Money(line.pending if line else 0, currency),
                    ledger=mirrors.get(currency, Money(0, currency)),
                )
            )
        return lines


async def _mirrors(unit: UnitOfWork, currencies: set[str]) -> dict[str, Money]:
    """The mirror accounts of these currencies and of any other in which there is one."""
    books = await unit.ledger_reads.trial_balance(None)
    return {
        account.currency: Money(account.posted_minor, account.currency)
        for account in books.accounts
        if account.code == chart.stripe_mirror(account.currency).code
        and (account.posted_minor or account.currency in currencies)
    }
