"""How a dispute follows Stripe's: one that was lost can be opened again, so the newest answer counts."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.dispute.model import Dispute, DisputeSnapshot
from payments_service.domain.observation import may_be_older
from payments_service.domain.payment.model import Payment


def found_dispute(snapshot: DisputeSnapshot, dispute_id: UUID, stripe_account: str, *, ended: datetime) -> Dispute:
    """A dispute that is new here, before it is known whom it concerns."""
    return Dispute(
        id=dispute_id,
        stripe_dispute_id=snapshot.id,
        stripe_account=stripe_account,
        payment_id=None,
        connected_account_id=None,
        owner_id="",
        reference="",
        charge_id=snapshot.charge_id,
        intent_id=snapshot.intent_id,
        amount=snapshot.amount,
        state=snapshot.state,
        stripe_status=snapshot.status,
        reason=snapshot.reason,
        stripe_reason=snapshot.stripe_reason,
        livemode=snapshot.livemode,
        create_time=ended,
        update_time=ended,
    )


def follow_dispute(dispute: Dispute, snapshot: DisputeSnapshot, *, began: datetime, ended: datetime) -> Dispute:
    """The dispute after Stripe's answer, or unchanged when the answer may be older than what is known.

    Args:
        dispute: as it is stored, under its lock.
        snapshot: what Stripe said.
        began: database time before the call to Stripe began.
        ended: database time after it ended.
    """
    if may_be_older(dispute.observed_time, began):
        return dispute
    return replace(
        dispute,
        charge_id=snapshot.charge_id or dispute.charge_id,
        intent_id=snapshot.intent_id or dispute.intent_id,
        amount=snapshot.amount,
        state=snapshot.state,
        stripe_status=snapshot.status,
        reason=snapshot.reason,
        stripe_reason=snapshot.stripe_reason,
        withheld_minor=dict(snapshot.withheld_minor),
        network_reason_code=snapshot.network_reason_code,
        evidence_due_time=snapshot.evidence_due_time,
        submission_count=snapshot.submission_count,
        observed_time=ended,
        update_time=ended,
    )


def concerning(dispute: Dispute, payment: Payment | None, account: ConnectedAccount | None) -> Dispute:
    """The dispute with whom it concerns; what is not known (any more) leaves what was."""
    if payment is not None:
        return replace(
            dispute,
            payment_id=payment.id,
            connected_account_id=payment.connected_account_id,
            owner_id=payment.owner_id,
            reference=payment.reference,
        )
    if account is not None:
        return replace(dispute, connected_account_id=account.id, owner_id=account.owner_id)
    return dispute
