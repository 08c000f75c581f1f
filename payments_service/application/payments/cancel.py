"""CancelPayment: end a payment that is not paid yet."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.idempotency import Completed
from payments_service.application.operations.idle import require_idle
from payments_service.application.operations.model import Json, Operation
from payments_service.application.operations.runner import OperationRunner, Planned
from payments_service.application.payments.intent_operation import IntentOperation
from payments_service.application.payments.read import require_visible
from payments_service.application.ports import UnitOfWork
from payments_service.application.stripe import Stripe
from payments_service.domain.payment.capture import require_cancelable
from payments_service.domain.payment.model import PaymentState

KIND = "payment.cancel"


@dataclass(frozen=True, slots=True)
class CancelPayment:
    """The command: see CancelPaymentRequest in the API. `reason` is Stripe's word, or empty."""

    payment_id: str
    reason: str


class CancelPaymentUseCase:
    """Phase 1 of CancelPayment."""

    def __init__(self, runner: OperationRunner, stripe: Stripe) -> None:
        self._runner = runner
        self._stripe = stripe

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: CancelPayment) -> Completed:
        """Cancel the payment.

        Raises:
            PaymentsError: as the API says of CancelPayment.
        """

        async def plan(unit: UnitOfWork, _: UUID, __: datetime) -> Planned:
            payment = await require_visible(unit, principal, command.payment_id, lock=True)
            await require_idle(unit, payment.id)
            require_cancelable(payment)
            call = self._stripe.cancel_intent(payment.intent_id, command.reason, payment.stripe_account)
            return Planned(object_id=payment.id, call=call)

        return await self._runner.run(request, principal.key_scope, KIND, plan)


class CancelPaymentOperation(IntentOperation):
    """What the outcome of canceling a payment intent means."""

    async def look_up(self, operation: Operation) -> Json | None:
        """The intent, when it is canceled."""
        body = await self._fetch(operation)
        return body if body is not None and self._stripe.intent(body).state is PaymentState.CANCELED else None

    async def client_secret(self, operation: Operation) -> str:  # noqa: ARG002 - the port's signature
        """The reply has none."""
        return ""
