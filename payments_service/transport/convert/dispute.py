"""Disputes as messages."""

from collections.abc import Iterable

from payments_api.v1 import dispute_pb2, money_pb2

from payments_service.domain.dispute.model import Dispute, DisputeReason, DisputeState
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.ledger.standing import Standing
from payments_service.domain.money import Money
from payments_service.transport.convert.basic import money_to_message, time_to_message

STATE_TO_MESSAGE = {state: f"DISPUTE_STATE_{state.value}" for state in DisputeState}
STATE_FROM_MESSAGE = {dispute_pb2.DisputeState.Value(name): state for state, name in STATE_TO_MESSAGE.items()}
REASON_TO_MESSAGE = {reason: f"DISPUTE_REASON_{reason.value}" for reason in DisputeReason}


def dispute_to_message(dispute: Dispute) -> dispute_pb2.Dispute:
    """A dispute for a reply."""
    message = dispute_pb2.Dispute(
        id=format_id(Prefix.DISPUTE, dispute.id),
        payment_id=format_id(Prefix.PAYMENT, dispute.payment_id) if dispute.payment_id else "",
        connected_account_id=format_id(Prefix.CONNECTED_ACCOUNT, dispute.connected_account_id)
        if dispute.connected_account_id
        else "",
        owner_id=dispute.owner_id,
        reference=dispute.reference,
        amount=money_to_message(dispute.amount),
        state=STATE_TO_MESSAGE[dispute.state],
        stripe_status=dispute.stripe_status,
        reason=REASON_TO_MESSAGE[dispute.reason],
        stripe_reason=dispute.stripe_reason,
        network_reason_code=dispute.network_reason_code,
        submission_count=dispute.submission_count,
        withheld=[money_to_message(Money(minor, name)) for name, minor in sorted(dispute.withheld_minor.items())],
        held=_amounts(dispute.holds),
        lost=_amounts(dispute.losses),
        stripe_dispute_id=dispute.stripe_dispute_id,
        stripe_charge_id=dispute.charge_id,
        stripe_payment_intent_id=dispute.intent_id,
        livemode=dispute.livemode,
        create_time=time_to_message(dispute.create_time),
        update_time=time_to_message(dispute.update_time),
    )
    if dispute.evidence_due_time is not None:
        message.evidence_due_time.CopyFrom(time_to_message(dispute.evidence_due_time))
    return message


def _amounts(standing: Iterable[Standing]) -> list[money_pb2.Money]:
    return [money_to_message(one.amount) for one in standing]
