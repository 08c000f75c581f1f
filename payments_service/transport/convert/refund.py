"""Refunds as messages."""

from payments_api.v1 import refund_pb2

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundReason, RefundState
from payments_service.transport.convert.basic import money_to_message, time_to_message

STATE_TO_MESSAGE = {state: f"REFUND_STATE_{state.value}" for state in RefundState}
STATE_FROM_MESSAGE = {refund_pb2.RefundState.Value(name): state for state, name in STATE_TO_MESSAGE.items()}
REASON_TO_MESSAGE = {reason: f"REFUND_REASON_{reason.value}" for reason in RefundReason}
REASON_FROM_MESSAGE = {refund_pb2.RefundReason.Value(name): reason for reason, name in REASON_TO_MESSAGE.items()}
ABSORB_BY_TO_MESSAGE = {who: f"ABSORB_BY_{who.value}" for who in AbsorbBy}
ABSORB_BY_FROM_MESSAGE = {refund_pb2.AbsorbBy.Value(name): who for who, name in ABSORB_BY_TO_MESSAGE.items()}


def refund_to_message(refund: Refund) -> refund_pb2.Refund:
    """A refund for a reply."""
    return refund_pb2.Refund(
        id=format_id(Prefix.REFUND, refund.id),
        payment_id=format_id(Prefix.PAYMENT, refund.payment_id),
        owner_id=refund.owner_id,
        reference=refund.reference,
        amount=money_to_message(refund.amount),
        state=STATE_TO_MESSAGE[refund.state],
        stripe_status=refund.stripe_status,
        reason=REASON_TO_MESSAGE[refund.reason],
        absorb_by=ABSORB_BY_TO_MESSAGE[refund.absorb_by],
        reverse_transfer=refund.reverse_transfer,
        refund_platform_fee=refund.refund_platform_fee,
        failure_reason=refund.failure_reason,
        metadata=dict(refund.metadata),
        stripe_refund_id=refund.stripe_refund_id,
        stripe_balance_transaction_id=refund.balance_transaction_id,
        stripe_transfer_reversal_id=refund.transfer_reversal_id,
        livemode=refund.livemode,
        create_time=time_to_message(refund.create_time),
        update_time=time_to_message(refund.update_time),
    )
