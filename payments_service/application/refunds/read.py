"""Reading refunds. What a caller may not see does not exist for it."""

from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ports import RefundFilter, Transactions
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.refund.model import Refund


class RefundReader:
    """GetRefund and ListRefunds."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def by_id(self, principal: Principal, text: str) -> Refund:
        """One refund by its id.

        Raises:
            PaymentsError: REFUND_NOT_FOUND.
        """
        refund_id = parse_id(Prefix.REFUND, text)
        refund = await self._transactions.run(lambda unit: unit.refunds.get(refund_id)) if refund_id else None
        return _visible(refund, principal, text)

    async def by_stripe(self, principal: Principal, stripe_refund_id: str) -> Refund:
        """One refund by Stripe's id.

        Raises:
            PaymentsError: REFUND_NOT_FOUND.
        """
        found = await self._transactions.run(lambda unit: unit.refunds.by_stripe([stripe_refund_id]))
        return _visible(found.get(stripe_refund_id), principal, stripe_refund_id)

    async def page(self, which: RefundFilter, before: UUID | None, limit: int) -> list[Refund]:
        """Refunds of a filter that holds the caller's owners already, newest first."""
        return await self._transactions.run(lambda unit: unit.refunds.page(which, before, limit))


def _visible(refund: Refund | None, principal: Principal, text: str) -> Refund:
    if refund is None or not principal.sees(refund.owner_id):
        raise PaymentsError(Reason.REFUND_NOT_FOUND, f"no refund {text!r}: check the id and the caller's owners")
    return refund
