"""Payouts as messages."""

from payments_api.v1 import payout_pb2

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.payout.model import Payout, PayoutState
from payments_service.transport.convert.basic import money_to_message, time_to_message

STATE_TO_MESSAGE = {state: f"PAYOUT_STATE_{state.value}" for state in PayoutState}
STATE_FROM_MESSAGE = {payout_pb2.PayoutState.Value(name): state for state, name in STATE_TO_MESSAGE.items()}


def payout_to_message(payout: Payout) -> payout_pb2.Payout:
    """A payout for a reply."""
    message = payout_pb2.Payout(
        id=format_id(Prefix.PAYOUT, payout.id),
        connected_account_id=format_id(Prefix.CONNECTED_ACCOUNT, payout.connected_account_id)
        if payout.connected_account_id
        else "",
        owner_id=payout.owner_id,
        amount=money_to_message(payout.amount),
        state=STATE_TO_MESSAGE[payout.state],
        stripe_status=payout.stripe_status,
        automatic=payout.automatic,
        method=payout.method,
        failure_code=payout.failure_code,
        reconciliation_status=payout.reconciliation_status,
        stripe_payout_id=payout.stripe_payout_id,
        stripe_balance_transaction_id=payout.balance_transaction_id,
        stripe_original_payout_id=payout.original_payout_id,
        stripe_reversed_by_payout_id=payout.reversed_by_id,
        livemode=payout.livemode,
        create_time=time_to_message(payout.create_time),
        update_time=time_to_message(payout.update_time),
    )
    if payout.arrival_time is not None:
        message.arrival_time.CopyFrom(time_to_message(payout.arrival_time))
    return message
