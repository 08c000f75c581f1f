"""Reading payments and purchases. What a caller may not see does not exist for it."""

from uuid import UUID

from payments_service.application.caller import Principal
from payments_service.application.ports import PaymentFilter, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, parse_id
from payments_service.domain.payment.model import Payment
from payments_service.domain.payment.purchase import Purchase, purchase_of

PURCHASE_PAYMENTS_MAX = 100
"""How many payments of one reference a purchase counts."""


async def require_visible(unit: UnitOfWork, principal: Principal, text: str, *, lock: bool = False) -> Payment:
    """The payment with this id, if it exists for the caller.

    Raises:
        PaymentsError: PAYMENT_NOT_FOUND.
    """
    payment_id = parse_id(Prefix.PAYMENT, text)
    payment = None
    if payment_id is not None:
        payment = (
            (await unit.payments.lock([payment_id])).get(payment_id) if lock else await unit.payments.get(payment_id)
        )
    if payment is None or not principal.sees(payment.owner_id):
        raise _not_found(text)
    return payment


class PaymentReader:
    """GetPayment, ListPayments and GetPurchase."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def by_id(self, principal: Principal, text: str) -> Payment:
        """One payment by its id.

        Raises:
            PaymentsError: PAYMENT_NOT_FOUND.
        """
        return await self._transactions.run(lambda unit: require_visible(unit, principal, text))

    async def by_intent(self, principal: Principal, intent_id: str) -> Payment:
        """One payment by Stripe's payment intent.

        Raises:
            PaymentsError: PAYMENT_NOT_FOUND.
        """

        async def find(unit: UnitOfWork) -> Payment | None:
            payment_id = (await unit.payments.by_intent([intent_id])).get(intent_id)
            return await unit.payments.get(payment_id) if payment_id else None

        payment = await self._transactions.run(find)
        if payment is None or not principal.sees(payment.owner_id):
            raise _not_found(intent_id)
        return payment

    async def by_reference(self, principal: Principal, reference: str) -> Payment:
        """The newest payment for a purchase.

        Raises:
            PaymentsError: PAYMENT_NOT_FOUND.
        """
        payments = await self._of_reference(principal, reference, 1)
        if not payments:
            raise _not_found(reference)
        return payments[0]

    async def purchase(self, principal: Principal, reference: str) -> Purchase:
        """What the payments for a purchase add up to.

        Raises:
            PaymentsError: PURCHASE_NOT_FOUND.
        """
        payments = await self._of_reference(principal, reference, PURCHASE_PAYMENTS_MAX)
        if not payments:
            raise PaymentsError(Reason.PURCHASE_NOT_FOUND, f"no payment names the reference {reference!r}")
        return purchase_of(reference, payments)

    async def page(self, which: PaymentFilter, before: UUID | None, limit: int) -> list[Payment]:
        """Payments of a filter that holds the caller's owners already, newest first."""
        return await self._transactions.run(lambda unit: unit.payments.page(which, before, limit))

    async def _of_reference(self, principal: Principal, reference: str, limit: int) -> list[Payment]:
        which = PaymentFilter(owner_ids=principal.owner_ids, reference=reference)
        return await self.page(which, None, limit)


def _not_found(text: str) -> PaymentsError:
    return PaymentsError(Reason.PAYMENT_NOT_FOUND, f"no payment {text!r}: check the id and the caller's owners")
