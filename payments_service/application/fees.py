"""GetPaymentFees: what Stripe really took of a payment or a purchase."""

from payments_service.application.caller import Principal
from payments_service.application.payments.read import PaymentReader
from payments_service.application.ports import Transactions
from payments_service.domain.settlement.fees import Fees, fees_of


class FeeReader:
    """Reads fees from booked balance transactions."""

    def __init__(self, transactions: Transactions, payments: PaymentReader) -> None:
        self._transactions = transactions
        self._payments = payments

    async def of_payment(self, principal: Principal, text: str) -> list[Fees]:
        """The fees of one payment; empty until it is settled.

        Raises:
            PaymentsError: PAYMENT_NOT_FOUND.
        """
        payment = await self._payments.by_id(principal, text)
        rows = await self._transactions.run(lambda unit: unit.settlement.of_payments([payment.id]))
        return fees_of(rows)

    async def of_purchase(self, principal: Principal, reference: str) -> list[Fees]:
        """The fees of all payments for a purchase; empty until one is settled.

        Raises:
            PaymentsError: PURCHASE_NOT_FOUND.
        """
        purchase = await self._payments.purchase(principal, reference)
        rows = await self._transactions.run(lambda unit: unit.settlement.of_payments(purchase.payment_ids))
        return fees_of(rows)
