"""Reading disputes. What a caller may not see does not exist for it."""

from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.follow.ports import DisputeFilter
from payments_service.application.ports import Transactions
from payments_service.domain.dispute.model import Dispute
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id


class DisputeReader:
    """GetDispute and ListDisputes."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def by_id(self, principal: Principal, text: str) -> Dispute:
        """One dispute by its id.

        Raises:
            PaymentsError: DISPUTE_NOT_FOUND.
        """
        dispute_id = parse_id(Prefix.DISPUTE, text)
        dispute = await self._transactions.run(lambda unit: unit.disputes.get(dispute_id)) if dispute_id else None
        return _visible(dispute, principal, text)

    async def by_stripe(self, principal: Principal, stripe_dispute_id: str) -> Dispute:
        """One dispute by Stripe's id.

        Raises:
            PaymentsError: DISPUTE_NOT_FOUND.
        """
        found = await self._transactions.run(lambda unit: unit.disputes.by_stripe([stripe_dispute_id]))
        return _visible(found.get(stripe_dispute_id), principal, stripe_dispute_id)

    async def page(self, which: DisputeFilter, before: UUID | None, limit: int) -> list[Dispute]:
        """Disputes of a filter that holds the caller's owners already, newest first."""
        return await self._transactions.run(lambda unit: unit.disputes.page(which, before, limit))


def _visible(dispute: Dispute | None, principal: Principal, text: str) -> Dispute:
    if dispute is None or not principal.sees(dispute.owner_id):
        raise PaymentsError(Reason.DISPUTE_NOT_FOUND, f"no dispute {text!r}: check the id and the caller's owners")
    return dispute
