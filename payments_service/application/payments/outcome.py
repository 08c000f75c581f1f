"""What Stripe's answer about a payment intent means, alike for every call that gives one."""

from dataclasses import replace
from datetime import datetime

from payments_service.application.operations.kind import Applied
from payments_service.application.operations.model import Answered, Json, Operation, Refused, StaleAnswerError
from payments_service.application.payments.result import PaymentResult
from payments_service.application.ports import Stripe, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.payment.model import Payment
from payments_service.domain.payment.transitions import follow, may_be_older


async def apply_intent(
    unit: UnitOfWork, stripe: Stripe, operation: Operation, payment: Payment, outcome: Answered | Refused, now: datetime
) -> Applied | None:
    """Move the locked payment to where Stripe's answer puts it.

    Returns:
        What it led to, or None when a refusal carries no payment intent.

    Raises:
        StaleAnswerError: an event or settlement has brought news of the payment while the call was under way.
    """
    body = _intent_of(outcome)
    if not body:
        return None
    intent = stripe.intent(body)
    began = outcome.observed_from or operation.create_time
    if may_be_older(payment, intent, began):
        raise StaleAnswerError
    payment = follow(payment, intent, began=began, ended=now)
    await unit.payments.save(payment)
    if isinstance(outcome, Refused):
        return Applied(error=with_payment(outcome.error, payment))
    return Applied(result=PaymentResult(payment), client_secret=intent.client_secret)


async def look_again(transactions: Transactions, stripe: Stripe, outcome: Answered | Refused) -> Answered | Refused:
    """The outcome with the payment intent as it is now.

    Raises:
        PaymentsError: STRIPE_UNAVAILABLE.
    """
    body = _intent_of(outcome) or {}
    began = await transactions.run(lambda unit: unit.now())
    fresh = await stripe.fetch_intent(str(body["id"])) or body
    if isinstance(outcome, Answered):
        # A fetch shows everything but what only the caller of the call itself is told.
        return Answered({**body, **fresh}, observed_from=began)
    return replace(outcome, body={**outcome.body, "payment_intent": fresh}, observed_from=began)


def _intent_of(outcome: Answered | Refused) -> Json | None:
    return outcome.body if isinstance(outcome, Answered) else outcome.body.get("payment_intent")


def with_payment(error: PaymentsError, payment: Payment) -> PaymentsError:
    """The error with the payment's id in its metadata, so that the caller can go on with it."""
    error.metadata["payment_id"] = format_id(Prefix.PAYMENT, payment.id)
    error.metadata["state"] = payment.state.value
    return error
