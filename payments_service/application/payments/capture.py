"""CapturePayment: take the money of an authorised payment, all of it or a part."""

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
from payments_service.domain.money import Money
from payments_service.domain.payment.capture import amount_to_capture, fee_of_capture
from payments_service.domain.payment.model import ChargeModel, PaymentState

KIND = "payment.capture"


@dataclass(frozen=True, slots=True)
class CapturePayment:
    """The command: see CapturePaymentRequest in the API. `payment_id` is the caller's text."""

    payment_id: str
    amount: Money | None
    platform_fee: Money | None


class CapturePaymentUseCase:
    """Phase 1 of CapturePayment."""

    def __init__(self, runner: OperationRunner, stripe: Stripe) -> None:
        self._runner = runner
        self._stripe = stripe

    async def __call__(self, principal: Principal, request: IdempotentRequest, command: CapturePayment) -> Completed:
        """Capture the payment.

        Raises:
            PaymentsError: as the API says of CapturePayment.
        """

        async def plan(unit: UnitOfWork, _: UUID, __: datetime) -> Planned:
            payment = await require_visible(unit, principal, command.payment_id, lock=True)
            await require_idle(unit, payment.id)
            amount = amount_to_capture(payment, command.amount)
            fee = fee_of_capture(payment, amount, command.platform_fee)
            # Left out, Stripe takes the fee that the payment was created with: so a fee of zero has to be said, too.
            # Of a separate charge it takes none: what the platform keeps is in our books alone.
            said = payment.charge_model in (ChargeModel.DESTINATION, ChargeModel.DIRECT) and (
                payment.platform_fee.amount_minor or fee.amount_minor
            )
            call = self._stripe.capture_intent(payment.intent_id, amount, fee if said else None, payment.stripe_account)
            return Planned(object_id=payment.id, call=call)

        return await self._runner.run(request, principal.key_scope, KIND, plan)


class CapturePaymentOperation(IntentOperation):
    """What the outcome of capturing a payment intent means."""

    async def look_up(self, operation: Operation) -> Json | None:
        """The intent, when it is paid: nobody else captures while this operation has no outcome."""
        body = await self._fetch(operation)
        return body if body is not None and self._stripe.intent(body).state is PaymentState.SUCCEEDED else None

    async def client_secret(self, operation: Operation) -> str:  # noqa: ARG002 - the port's signature
        """The reply has none."""
        return ""
