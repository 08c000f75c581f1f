"""How a refund follows Stripe's: also one that had succeeded can fail, so the newest answer counts."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.observation import may_be_older
from payments_service.domain.payment.model import ChargeModel, Payment
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundSnapshot, RefundState


def follow_refund(refund: Refund, snapshot: RefundSnapshot, *, began: datetime, ended: datetime) -> Refund:
    """The refund after Stripe's answer, or unchanged when the answer may be older than what is known.

    Args:
        refund: as it is stored, under its payment's lock.
        snapshot: what Stripe said.
        began: database time before the call to Stripe began.
        ended: database time after it ended.
    """
    if may_be_older(refund.observed_time, began):
        return refund
    return replace(
        refund,
        state=snapshot.state,
        stripe_status=snapshot.status,
        failure_reason=snapshot.failure_reason,
        stripe_refund_id=snapshot.id,
        balance_transaction_id=snapshot.balance_transaction_id or refund.balance_transaction_id,
        transfer_reversal_id=snapshot.transfer_reversal_id or refund.transfer_reversal_id,
        observed_time=ended,
        update_time=ended,
    )


def fail_refund(refund: Refund, reason: str, now: datetime) -> Refund:
    """The refund when it is certain that Stripe never made, and never will make, it: its reservation ends."""
    return replace(refund, state=RefundState.FAILED, failure_reason=reason, update_time=now)


def found_refund(payment: Payment, snapshot: RefundSnapshot, refund_id: UUID, *, ended: datetime) -> Refund:
    """A refund that was made without us, for example in Stripe's dashboard, as ours."""
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        owner_id=payment.owner_id,
        reference=payment.reference,
        amount=snapshot.amount,
        state=snapshot.state,
        stripe_status=snapshot.status,
        failure_reason=snapshot.failure_reason,
        reason=snapshot.reason,
        absorb_by=absorbed_by(payment, reversed_transfer=bool(snapshot.transfer_reversal_id)),
        reverse_transfer=bool(snapshot.transfer_reversal_id),
        refund_platform_fee=False,
        metadata={},
        livemode=payment.livemode,
        create_time=ended,
        update_time=ended,
        stripe_refund_id=snapshot.id,
        balance_transaction_id=snapshot.balance_transaction_id,
        transfer_reversal_id=snapshot.transfer_reversal_id,
        observed_time=ended,
    )


def absorbed_by(payment: Payment, *, reversed_transfer: bool) -> AbsorbBy:
    """At whose expense a refund is that was made without us: whoever's money Stripe took."""
    if payment.charge_model is ChargeModel.PLATFORM:
        return AbsorbBy.UNSPECIFIED
    if payment.charge_model is ChargeModel.DIRECT:
        return AbsorbBy.CREATOR
    return AbsorbBy.CREATOR if reversed_transfer else AbsorbBy.PLATFORM
