"""A payment as callers see it."""

from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from payments_api.v1 import payment_pb2, payment_service_pb2

from payments_service.domain.ids import Prefix, format_id, new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import CaptureMethod, ChargeModel, PaymentFailure, PaymentState, Split
from payments_service.domain.payment.purchase import Purchase, PurchaseStatus
from payments_service.transport.convert.payment import (
    CANCELLATION_REASONS,
    CAPTURE_METHOD_FROM_MESSAGE,
    MODEL_FROM_MESSAGE,
    STATE_FROM_MESSAGE,
    payment_to_message,
    purchase_to_message,
)
from tests.unit.payments_service.domain.samples import NOON, a_payment

SELLER = new_id()
SOLD = a_payment(
    charge_model=ChargeModel.DESTINATION,
    state=PaymentState.REQUIRES_CAPTURE,
    capture_method=CaptureMethod.MANUAL,
    connected_account_id=SELLER,
    stripe_account="acct_1",
    platform_fee=Money(250, "usd"),
    amount_capturable=Money(2_400, "usd"),
    amount_captured=Money(100, "usd"),
    amount_refunded=Money(40, "usd"),
    disputed_minor=30,
    risks={"prv_1": "review_open", "issfr_1": "early_fraud_warning", "issfr_2": "early_fraud_warning"},
    description="A lamp",
    metadata={"shop": "7"},
    stripe_status="requires_capture",
    intent_id="pi_1",
    charge_id="ch_1",
    balance_transaction_id="txn_1",
    transfer_id="tr_1",
    application_fee_id="fee_1",
    event_ids=("evt_1", "evt_2"),
    update_time=NOON + timedelta(microseconds=1),
)


def test_everything_there_is_to_see_is_shown() -> None:
    message = payment_to_message(SOLD)

    def money(amount: int) -> dict[str, object]:
        return {"amount_minor": amount, "currency_code": "usd"}

    assert message == payment_pb2.Payment(
        id=format_id(Prefix.PAYMENT, SOLD.id),
        owner_id="user_1",
        reference="order_1",
        amount=money(2_500),
        amount_captured=money(100),
        amount_refunded=money(40),
        amount_disputed=money(30),
        risk_flags=["early_fraud_warning", "review_open"],
        amount_capturable=money(2_400),
        charge_model=payment_pb2.CHARGE_MODEL_DESTINATION,
        capture_method=payment_pb2.CAPTURE_METHOD_MANUAL,
        state=payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE,
        stripe_status="requires_capture",
        description="A lamp",
        metadata={"shop": "7"},
        connected_account_id=format_id(Prefix.CONNECTED_ACCOUNT, SELLER),
        stripe_account_id="acct_1",
        platform_fee=money(250),
        stripe_payment_intent_id="pi_1",
        stripe_charge_id="ch_1",
        stripe_balance_transaction_id="txn_1",
        stripe_transfer_id="tr_1",
        stripe_application_fee_id="fee_1",
        stripe_event_ids=["evt_1", "evt_2"],
        create_time=Timestamp(seconds=int(NOON.timestamp())),
        update_time=Timestamp(seconds=int(NOON.timestamp()), nanos=1_000),
    )
    shown = {field.name for field, _ in message.ListFields()}
    assert {field.name for field in message.DESCRIPTOR.fields} - shown == {"livemode", "last_failure", "splits"}


def test_a_payment_that_is_split_shows_among_whom() -> None:
    splits = (Split(SELLER, Money(1_500, "usd")),)
    message = payment_to_message(a_payment(charge_model=ChargeModel.SEPARATE, splits=splits))

    (split,) = message.splits
    assert split.connected_account_id == format_id(Prefix.CONNECTED_ACCOUNT, SELLER)
    assert (split.amount.amount_minor, split.amount.currency_code) == (1_500, "usd")
    assert (message.HasField("platform_fee"), message.connected_account_id) == (True, "")


def test_a_sale_of_the_platform_has_no_seller_and_no_platform_fee() -> None:
    message = payment_to_message(a_payment())

    assert message.connected_account_id == ""
    assert not message.HasField("platform_fee")
    assert message.capture_method == payment_pb2.CAPTURE_METHOD_AUTOMATIC


def test_a_fee_of_nothing_is_shown_for_a_seller() -> None:
    message = payment_to_message(a_payment(connected_account_id=SELLER))

    assert message.HasField("platform_fee")
    assert message.platform_fee.amount_minor == 0


def test_a_failure_is_shown_when_there_is_one() -> None:
    failed = a_payment(failure=PaymentFailure("card_declined", "lost_card", "No."), livemode=True)

    message = payment_to_message(failed)

    assert message.last_failure == payment_pb2.PaymentFailure(
        code="card_declined", decline_code="lost_card", message="No."
    )
    assert message.livemode
    assert not payment_to_message(a_payment()).HasField("last_failure")


@pytest.mark.parametrize("state", PaymentState)
def test_every_state_has_a_word_and_is_understood_again(state: PaymentState) -> None:
    message = payment_to_message(a_payment(state=state))

    assert payment_pb2.PaymentState.Name(message.state) == f"PAYMENT_STATE_{state.value}"
    assert STATE_FROM_MESSAGE[message.state] is state


def test_the_words_of_the_api_and_ours_are_the_same_ones() -> None:
    for understood, enum in (
        (STATE_FROM_MESSAGE, payment_pb2.PaymentState),
        (MODEL_FROM_MESSAGE, payment_pb2.ChargeModel),
        (CAPTURE_METHOD_FROM_MESSAGE, payment_pb2.CaptureMethod),
        (CANCELLATION_REASONS, payment_service_pb2.CancellationReason),
    ):
        assert {0, *understood} == set(enum.values())


def test_reasons_to_cancel_are_stripes_words() -> None:
    assert set(CANCELLATION_REASONS.values()) == {"duplicate", "fraudulent", "requested_by_customer", "abandoned"}
    assert CANCELLATION_REASONS[payment_service_pb2.CANCELLATION_REASON_ABANDONED] == "abandoned"


@pytest.mark.parametrize("status", PurchaseStatus)
def test_a_purchase_is_shown_with_its_payments(status: PurchaseStatus) -> None:
    purchase = Purchase(
        "order_1", "user_1", status, Money(2_500, "usd"), Money(40, "usd"), Money(7, "usd"), (SOLD.id, SELLER)
    )

    message = purchase_to_message(purchase)

    assert payment_pb2.PurchaseStatus.Name(message.status) == f"PURCHASE_STATUS_{status.value}"
    assert (message.reference, message.owner_id) == ("order_1", "user_1")
    assert (message.amount_captured.amount_minor, message.amount_refunded.amount_minor) == (2_500, 40)
    assert message.amount_disputed.amount_minor == 7
    assert message.payment_ids == [format_id(Prefix.PAYMENT, SOLD.id), format_id(Prefix.PAYMENT, SELLER)]
