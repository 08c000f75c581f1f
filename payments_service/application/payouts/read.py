"""Reading payouts. What a caller may not see does not exist for it."""

from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.follow.ports import PayoutFilter
from payments_service.application.ports import Transactions
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.payout.model import Payout


class PayoutReader:
    """GetPayout and ListPayouts."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def by_id(self, principal: Principal, text: str) -> Payout:
        """One payout by its id.

        Raises:
            PaymentsError: PAYOUT_NOT_FOUND.
        """
        payout_id = parse_id(Prefix.PAYOUT, text)
        payout = await self._transactions.run(lambda unit: unit.payouts.get(payout_id)) if payout_id else None
        return _visible(payout, principal, text)

    async def by_stripe(self, principal: Principal, stripe_payout_id: str) -> Payout:
        """One payout by Stripe's id.

        Raises:
            PaymentsError: PAYOUT_NOT_FOUND.
        """
        found = await self._transactions.run(lambda unit: unit.payouts.by_stripe([stripe_payout_id]))
        return _visible(found.get(stripe_payout_id), principal, stripe_payout_id)

    async def page(self, which: PayoutFilter, before: UUID | None, limit: int) -> list[Payout]:
        """Payouts of a filter that holds the caller's owners already, newest first."""
        return await self._transactions.run(lambda unit: unit.payouts.page(which, before, limit))


def _visible(payout: Payout | None, principal: Principal, text: str) -> Payout:
    if payout is None or not principal.sees(payout.owner_id):
        raise PaymentsError(Reason.PAYOUT_NOT_FOUND, f"no payout {text!r}: check the id and the caller's owners")
    return payout
