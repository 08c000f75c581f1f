"""Stripe's balance and the ledger's, side by side."""

from dataclasses import dataclass

from payments_service.application.accounts.read import require_account, require_at_stripe
from payments_service.application.caller import Principal
from payments_service.application.ports import Transactions
from payments_service.application.stripe import Stripe
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class MirroredBalance:
    """One currency of a Stripe balance.

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

    async def __call__(self, principal: Principal, connected_account_id: str = "") -> list[MirroredBalance]:
        """The balance of the platform or of a connected account, one line a currency.

        Raises:
            PaymentsError: ACCOUNT_NOT_FOUND, INVALID_STATE for an account that Stripe does not have yet,
                STRIPE_UNAVAILABLE, or SCOPE_MISSING for the platform's balance and a token that is bound to owners: it
                belongs to none of them.
        """
        if connected_account_id:
            account = await self._transactions.run(lambda unit: require_account(unit, principal, connected_account_id))
            require_at_stripe(account)
            book = f"connected:{format_id(Prefix.CONNECTED_ACCOUNT, account.id)}"
            return await self._side_by_side(account.stripe_account, f"{book}:stripe:")
        if principal.owner_ids is not None:
            raise PaymentsError(
                Reason.SCOPE_MISSING,
                "the platform's balance is not any owner's: use a backend's token",
                metadata={"scope": "reports.read"},
            )
        return await self._side_by_side("", "stripe:")

    async def _side_by_side(self, stripe_account: str, mirrors_under: str) -> list[MirroredBalance]:
        """A Stripe balance and its mirrors, whose codes are `mirrors_under` and the currency."""
        at_stripe = {line.currency: line for line in await self._stripe.balance(stripe_account)}
        balances = await self._transactions.run(lambda unit: unit.ledger_reads.balances_under(mirrors_under))
        # Other balances of Stripe's, such as reserves, have longer codes.
        mirrors = {
            balance.posted.currency: balance.posted
            for balance in balances
            if balance.code == mirrors_under + balance.posted.currency
        }
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
