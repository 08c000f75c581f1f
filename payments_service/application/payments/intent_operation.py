"""What every call about a payment intent has in common: its answer is the intent, and the payment follows it."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import datetime, timedelta

from payments_service.application.operations.kind import Applied
from payments_service.application.operations.model import Answered, Json, Operation, Refused, StaleAnswerError
from payments_service.application.payments.result import PaymentResult
from payments_service.application.payments.store import save_payment
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.stripe import Stripe
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.payment.model import Payment
from payments_service.domain.payment.transitions import follow, may_be_older


class IntentOperation(ABC):
    """A kind of operation (`operations.kind.OperationKind`) whose answer is a payment intent.

    Attributes:
        kind: its name, as operations are stored with it.
        execute_for: how long after its start it may still be sent.
    """

    def __init__(self, kind: str, execute_for: timedelta, transactions: Transactions, stripe: Stripe) -> None:
        self.kind = kind
        self.execute_for = execute_for
        self._transactions = transactions
        self._stripe = stripe

    async def apply(
        self, unit: UnitOfWork, operation: Operation, outcome: Answered | Refused, now: datetime
    ) -> Applied:
        """Move the payment to where Stripe's answer puts it.

        A decline is a refusal that carries the intent, which exists and can be attempted again.

        Raises:
            StaleAnswerError: an event or settlement has brought news of the payment while the call was under way.
        """
        payment = (await unit.payments.lock([operation.object_id]))[operation.object_id]
        body = _intent_in(outcome)
        if isinstance(outcome, Refused) and not body:
            payment = await self._refused(unit, payment, outcome.error, now)
            return Applied(error=_about(outcome.error, payment))
        intent = self._stripe.intent(body)
        began = outcome.observed_from or operation.create_time
        if may_be_older(payment, intent, began):
            raise StaleAnswerError
        before, payment = payment, follow(payment, intent, began=began, ended=now)
        await save_payment(unit, before, payment)
        if isinstance(outcome, Refused):
            return Applied(error=_about(outcome.error, payment))
        return Applied(result=PaymentResult(payment), client_secret=intent.client_secret)

    async def look_again(self, operation: Operation, outcome: Answered | Refused) -> Answered | Refused:
        """The same outcome with the intent as it is now.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        body = _intent_in(outcome)
        began = await self._transactions.run(lambda unit: unit.now())
        fresh = await self._stripe.fetch_intent(str(body["id"]), operation.call.stripe_account) or body
        if isinstance(outcome, Answered):
            return Answered(fresh, observed_from=began)
        return replace(outcome, body={**outcome.body, "payment_intent": fresh}, observed_from=began)

    async def client_secret(self, operation: Operation) -> str:
        """Fetched with the intent, which the payment of a stored reply knows.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        body = await self._fetch(operation)
        return self._stripe.intent(body).client_secret if body else ""

    async def _fetch(self, operation: Operation) -> Json | None:
        """The payment's intent as it is now; None when the payment has none."""
        payment = await self._transactions.run(lambda unit: unit.payments.get(operation.object_id))
        if payment is None or not payment.intent_id:
            return None
        return await self._stripe.fetch_intent(payment.intent_id, payment.stripe_account)

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:  # noqa: B027 - for most kinds there is nothing to do
        """Nothing was done, so the payment stays where it is."""

    @abstractmethod
    async def look_up(self, operation: Operation) -> Json | None:
        """See `OperationKind`."""

    async def _refused(self, unit: UnitOfWork, payment: Payment, error: PaymentsError, now: datetime) -> Payment:  # noqa: ARG002 - kinds may need them
        """The payment after a refusal that carries no intent, stored if it changed."""
        return payment


def _intent_in(outcome: Answered | Refused) -> Json:
    """The payment intent that an answer carries; empty when it carries none."""
    return outcome.body if isinstance(outcome, Answered) else outcome.body.get("payment_intent") or {}


def _about(error: PaymentsError, payment: Payment) -> PaymentsError:
    """The error with the payment in its metadata, so that the caller can go on with it."""
    error.metadata["payment_id"] = format_id(Prefix.PAYMENT, payment.id)
    error.metadata["state"] = payment.state.value
    return error
