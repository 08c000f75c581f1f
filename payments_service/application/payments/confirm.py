"""ConfirmPayment: attempt a payment that waits for it."""

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
from payments_service.application.payments.return_url import ReturnUrls
from payments_service.application.ports import UnitOfWork
from payments_service.application.stripe import Stripe
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
            await require_idle(unit, payment.id)
            call = self._stripe.confirm_intent(
                payment.intent_id, command.payment_method, command.return_url, payment.stripe_account
            )
            return Planned(object_id=payment.id, call=call)

        return await self._runner.run(request, principal.key_scope, KIND, plan)


class ConfirmPaymentOperation(IntentOperation):
    """What the outcome of confirming a payment intent means."""

    async def look_up(self, operation: Operation) -> Json | None:
        """The intent, when it is past waiting for an attempt.

        A decline or a step that the customer must take may be those of an earlier attempt, so they prove nothing.
        Nothing is lost by that: no money has moved, and an intent can be paid only once.
        """
        body = await self._fetch(operation)
        if body is None:
            return None
        intent = self._stripe.intent(body)
        return None if intent.state in CONFIRMABLE else body
