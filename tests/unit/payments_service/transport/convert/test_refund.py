"""A refund as callers see it."""

from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import refund_pb2

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.refund.model import AbsorbBy, RefundReason, RefundState
from payments_service.transport.convert.refund import (
    ABSORB_BY_FROM_MESSAGE,
    REASON_FROM_MESSAGE,
    STATE_FROM_MESSAGE,
    refund_to_message,
)
from tests.unit.payments_service.domain.samples import NOON, a_refund

REFUND = a_refund(
    400,
    state=RefundState.FAILED,
    stripe_status="failed",
    reason=RefundReason.DUPLICATE,
    absorb_by=AbsorbBy.CREATOR,
    reverse_transfer=True,
    refund_platform_fee=True,
    failure_reason="lost_or_stolen_card",
    metadata={"shop": "7"},
    stripe_refund_id="re_1",
    balance_transaction_id="txn_1",
    transfer_reversal_id="trr_1",
    livemode=True,
    update_time=NOON + timedelta(microseconds=1),
)


def test_everything_there_is_to_see_is_shown() -> None:
    message = refund_to_message(REFUND)

    assert message == refund_pb2.Refund(
        id=format_id(Prefix.REFUND, REFUND.id),
        payment_id=format_id(Prefix.PAYMENT, REFUND.payment_id),
        owner_id="user_1",
        reference="order_1",
        amount={"amount_minor": 400, "currency_code": "usd"},
        state=refund_pb2.REFUND_STATE_FAILED,
        stripe_status="failed",
        reason=refund_pb2.REFUND_REASON_DUPLICATE,
        absorb_by=refund_pb2.ABSORB_BY_CREATOR,
        reverse_transfer=True,
        refund_platform_fee=True,
        failure_reason="lost_or_stolen_card",
        metadata={"shop": "7"},
        stripe_refund_id="re_1",
        stripe_balance_transaction_id="txn_1",
        stripe_transfer_reversal_id="trr_1",
        livemode=True,
        create_time=Timestamp(seconds=int(NOON.timestamp())),
        update_time=Timestamp(seconds=int(NOON.timestamp()), nanos=1_000),
    )
    assert len(message.ListFields()) == len(message.DESCRIPTOR.fields)


@pytest.mark.parametrize("state", RefundState)
def test_every_state_has_a_word_and_is_understood_again(state: RefundState) -> None:
    message = refund_to_message(a_refund(state=state))

    assert refund_pb2.RefundState.Name(message.state) == f"REFUND_STATE_{state.value}"
    assert STATE_FROM_MESSAGE[message.state] is state


def test_the_words_of_the_api_and_ours_are_the_same_ones() -> None:
    assert {0, *STATE_FROM_MESSAGE} == set(refund_pb2.RefundState.values())
    assert set(REASON_FROM_MESSAGE) == set(refund_pb2.RefundReason.values())
    assert set(ABSORB_BY_FROM_MESSAGE) == set(refund_pb2.AbsorbBy.values())
    assert REASON_FROM_MESSAGE[0] is RefundReason.UNSPECIFIED
    assert ABSORB_BY_FROM_MESSAGE[0] is AbsorbBy.UNSPECIFIED
