"""How a payment follows Stripe's payment intent: only forward, whatever the order in which answers arrive."""

from dataclasses import replace
from datetime import datetime

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money
from payments_service.domain.observation import may_be_older as observed_later
from payments_service.domain.payment.model import (
    CONFIRMABLE,
    FINAL,
    ChargeSnapshot,
    IntentSnapshot,
    Payment,
    PaymentFailure,
    PaymentState,
)

EVENT_IDS_MAX = 50
"""How many ids of applied events a payment remembers."""


def may_be_older(payment: Payment, intent: IntentSnapshot, began: datetime) -> bool:
    """Whether nobody can tell if an answer is older than what the payment shows, so that Stripe has to be asked again.

    That is so when its call began before the last applied answer had arrived. Final states need no asking: nothing can
    come after them.
    """
    if payment.state in FINAL or intent.state in FINAL:
        return False
    return observed_later(payment.observed_time, began)


def follow(payment: Payment, intent: IntentSnapshot, *, began: datetime, ended: datetime) -> Payment:
    """The payment after Stripe's answer.

    Args:
        payment: as it is stored, under its lock.
        intent: what Stripe said.
        began: database time before the call to Stripe began.
        ended: database time after it ended.

    Returns:
        The payment moved forward, or unchanged when the answer may be older than what is known.
    """
    if payment.state in FINAL and intent.state not in FINAL:
        return payment
    if may_be_older(payment, intent, began):
        return payment
    currency = payment.amount.currency
    charge = intent.charge
    return replace(
        payment,
        state=intent.state,
        stripe_status=intent.status,
        intent_id=intent.id,
        livemode=intent.livemode,
        failure=None if intent.state is PaymentState.SUCCEEDED else intent.failure,
        amount_captured=Money(max(payment.amount_captured.amount_minor, intent.amount_received), currency),
        amount_capturable=Money(intent.amount_capturable, currency),
        platform_fee=_platform_fee(payment, charge),
        charge_id=charge.id if charge else payment.charge_id,
        balance_transaction_id=(charge.balance_transaction_id if charge else "") or payment.balance_transaction_id,
        transfer_id=(charge.transfer_id if charge else "") or payment.transfer_id,
        application_fee_id=(charge.application_fee_id if charge else "") or payment.application_fee_id,
        observed_time=max(ended, payment.observed_time) if payment.observed_time else ended,
        update_time=ended,
    )


def _platform_fee(payment: Payment, charge: ChargeSnapshot | None) -> Money:
    """A partial capture may lower it: then the charge says so."""
    if payment.connected_account_id is None or charge is None or charge.application_fee is None:
        return payment.platform_fee
    return Money(charge.application_fee, payment.amount.currency)


def fail(payment: Payment, failure: PaymentFailure, now: datetime) -> Payment:
    """The payment when it is certain that Stripe never created, and never will create, its intent."""
    return replace(payment, state=PaymentState.FAILED, failure=failure, update_time=now)


def with_events(payment: Payment, event_ids: tuple[str, ...]) -> Payment:
    """The payment with the ids of the events that were applied to it, each once, the newest kept."""
    known = payment.event_ids + tuple(event for event in event_ids if event not in payment.event_ids)
    return replace(payment, event_ids=known[-EVENT_IDS_MAX:])


def require_confirmable(payment: Payment) -> None:
    """Refuse to attempt a payment that is not waiting for an attempt.

    Raises:
        PaymentsError: INVALID_STATE with the state in its metadata.
    """
    if payment.state in CONFIRMABLE:
        return
    advice = {
        PaymentState.CREATING: "its creation has no known outcome yet: retry CreatePayment with its key",
        PaymentState.SUCCEEDED: "it is paid already",
        PaymentState.REQUIRES_CAPTURE: "it is authorised already and waits for capture",
        PaymentState.PROCESSING: "an attempt is under way: wait for its outcome",
    }.get(payment.state, "create a new payment instead")
    raise PaymentsError(
        Reason.INVALID_STATE,
        f"payment {format_id(Prefix.PAYMENT, payment.id)} cannot be confirmed in state {payment.state.value}: {advice}",
        metadata={"payment_id": format_id(Prefix.PAYMENT, payment.id), "state": payment.state.value},
    )
