"""ConfirmPayment: attempt a payment that waits for it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.operations.model import Json, Operation
from payments_service.application.operations.runner import Completed, OperationRunner, Planned
from payments_service.application.payments.intent_operation import IntentOperation
from payments_service.application.payments.read import require_visible
from payments_service.application.payments.return_url import ReturnUrls
from payments_service.application.ports import Stripe, UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.payment.model import CONFIRMABLE, Payment
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


class ConfirmPaymentOperation(IntentOperation):
    """What the outcome of confirming a payment intent means."""

    async def _refused(self, unit: UnitOfWork, payment: Payment, error: PaymentsError, now: datetime) -> Payment:  # noqa: ARG002 - the payment stays as it is
        return payment

    async def abandon(self, unit: UnitOfWork, operation: Operation, why: str, now: datetime) -> None:
        """Nothing was attempted, so the payment stays where it is."""

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
