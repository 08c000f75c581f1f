"""What Stripe's answer about a payment intent means, alike for every call that gives one."""

from datetime import datetime

from payments_service.application.operations.kind import Applied
from payments_service.application.operations.model import Answered, Operation, Refused
from payments_service.application.payments.result import PaymentResult
from payments_service.application.ports import Stripe, UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.payment.model import Payment
from payments_service.domain.payment.transitions import follow


async def apply_intent(
    unit: UnitOfWork, stripe: Stripe, operation: Operation, payment: Payment, outcome: Answered | Refused, now: datetime
) -> Applied | None:
    """Move the locked payment to where Stripe's answer puts it.

    Returns:
        What it led to, or None when a refusal carries no payment intent.
    """
    body = outcome.body if isinstance(outcome, Answered) else outcome.body.get("payment_intent")
    if not body:
        return None
    intent = stripe.intent(body)
    payment = follow(payment, intent, began=operation.create_time, ended=now)
    await unit.payments.save(payment)
    if isinstance(outcome, Refused):
        return Applied(error=with_payment(outcome.error, payment))
    return Applied(result=PaymentResult(payment), client_secret=intent.client_secret)


def with_payment(error: PaymentsError, payment: Payment) -> PaymentsError:
    """The error with the payment's id in its metadata, so that the caller can go on with it."""
    error.metadata["payment_id"] = format_id(Prefix.PAYMENT, payment.id)
    error.metadata["state"] = payment.state.value
    return error
