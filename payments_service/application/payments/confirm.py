"""ConfirmPayment: attempt a payment that waits for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.operations.kind import Applied
from payments_service.application.operations.model import Answered, Json, Operation, Refused
from payments_service.application.operations.runner import Completed, OperationRunner, Planned
from payments_service.application.payments.outcome import apply_intent, look_again, with_payment
from payments_service.application.payments.read import require_visible
from payments_service.application.payments.return_url import ReturnUrls
from payments_service.application.ports import Stripe, Transactions, UnitOfWork
from payments_service.domain.payment.model import CONFIRMABLE
from payments_service.domain.payment.transitions import require_confirmable

KIND = "payment.confirm"


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """The command: see ConfirmPaymentRequest in the API. `payment_id` is the caller's text."""

    payment_id: str
    payment_method: str
    return_url: str


class ConfirmPaymentUseCase:
    """Phase 1 of ConfirmPayment."""

    def __init__(self, runner: OperationRunner, stripe: Stripe, return_urls: ReturnUrls) -> None:
        self._runner = runner
        self._stripe = stripe
        self._return_urls = return_urls

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: ConfirmPayment) -> Completed:
        """Attempt the payment.

        Raises:
            PaymentsError: as the API says of ConfirmPayment.
        """
        self._return_urls.require_allowed(command.return_url)

        async def plan(unit: UnitOfWork, _: UUID, __: datetime) -> Planned:
            payment = await require_visible(unit, principal, command.payment_id, lock=True)
            require_confirmable(payment)
            call = self._stripe.confirm_intent(payment.intent_id, command.payment_method, command.return_url)
            return Planned(object_id=payment.id, call=call)

        owner_id = "" if principal.owner_ids is None else ",".join(sorted(principal.owner_ids))
        return await self._runner.run(request, owner_id, KIND, plan)


class ConfirmPaymentOperation:
    """What the outcome of confirming a payment intent means."""

    kind = KIND

    def __init__(self, transactions: Transactions, stripe: Stripe, execute_for: timedelta) -> None:
        self.execute_for = execute_for
        self._transactions = transactions
        self._stripe = stripe

    async def apply(
        self, unit: UnitOfWork, operation: Operation, outcome: Answered | Refused, now: datetime
    ) -> Applied:
        """Follow the intent; a refusal without one leaves the payment as it is."""
        payment = (await unit.payments.lock([operation.object_id]))[operation.object_id]
        applied = await apply_intent(unit, self._stripe, operation, payment, outcome, now)
        if applied is not None:
            return applied
        assert isinstance(outcome, Refused), "Stripe's answer to a confirm is the intent"  # noqa: S101 - narrows
        return Applied(error=with_payment(outcome.error, payment))

    async def look_again(self, operation: Operation, outcome: Answered | Refused) -> Answered | Refused:  # noqa: ARG002 - the outcome names the intent
        """The outcome with the intent as it is now."""
        return await look_again(self._transactions, self._stripe, outcome)

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:
        """Nothing was attempted, so the payment stays where it is."""

    async def look_up(self, operation: Operation) -> Json | None:
        """The intent, when it is not waiting for an attempt any more: that is what confirming leads to."""
        body = await self._fetch(operation)
        if body is None:
            return None
        intent = self._stripe.intent(body)
        return None if intent.state in CONFIRMABLE and intent.failure is None else body

    async def client_secret(self, operation: Operation) -> str:
        """Fetched with the intent."""
        body = await self._fetch(operation)
        return self._stripe.intent(body).client_secret if body else ""

    async def _fetch(self, operation: Operation) -> Json | None:
        payment = await self._transactions.run(lambda unit: unit.payments.get(operation.object_id))
        return await self._stripe.fetch_intent(payment.intent_id) if payment else None
