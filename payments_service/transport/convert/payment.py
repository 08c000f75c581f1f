"""Payments and purchases as messages."""

from payments_api.v1 import payment_pb2, payment_service_pb2

from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.payment.model import CaptureMethod, ChargeModel, Payment, PaymentState
from payments_service.domain.payment.purchase import Purchase, PurchaseStatus
from payments_service.transport.convert.basic import money_to_message, time_to_message

STATE_TO_MESSAGE = {state: f"PAYMENT_STATE_{state.value}" for state in PaymentState}
STATE_FROM_MESSAGE = {payment_pb2.PaymentState.Value(name): state for state, name in STATE_TO_MESSAGE.items()}
MODEL_TO_MESSAGE = {model: f"CHARGE_MODEL_{model.value}" for model in ChargeModel}
MODEL_FROM_MESSAGE = {payment_pb2.ChargeModel.Value(name): model for model, name in MODEL_TO_MESSAGE.items()}
CAPTURE_METHOD_TO_MESSAGE = {method: f"CAPTURE_METHOD_{method.value}" for method in CaptureMethod}
CAPTURE_METHOD_FROM_MESSAGE = {
    payment_pb2.CaptureMethod.Value(name): method for method, name in CAPTURE_METHOD_TO_MESSAGE.items()
}
CANCELLATION_REASONS = {
    number: name.removeprefix("CANCELLATION_REASON_").lower()
    for name, number in payment_service_pb2.CancellationReason.items()
    if number
}
"""Stripe's words for why a payment is canceled, by the number of the API's."""

STATUS_TO_MESSAGE = {status: f"PURCHASE_STATUS_{status.value}" for status in PurchaseStatus}


def payment_to_message(payment: Payment) -> payment_pb2.Payment:
    """A payment for a reply."""
    message = payment_pb2.Payment(
        id=format_id(Prefix.PAYMENT, payment.id),
        owner_id=payment.owner_id,
        reference=payment.reference,
        amount=money_to_message(payment.amount),
        amount_captured=money_to_message(payment.amount_captured),
        amount_refunded=money_to_message(payment.amount_refunded),
        charge_model=MODEL_TO_MESSAGE[payment.charge_model],
        state=STATE_TO_MESSAGE[payment.state],
        stripe_status=payment.stripe_status,
        description=payment.description,
        metadata=dict(payment.metadata),
        stripe_payment_intent_id=payment.intent_id,
        stripe_charge_id=payment.charge_id,
        stripe_balance_transaction_id=payment.balance_transaction_id,
        stripe_event_ids=payment.event_ids,
        capture_method=CAPTURE_METHOD_TO_MESSAGE[payment.capture_method],
        amount_capturable=money_to_message(payment.amount_capturable),
        stripe_transfer_id=payment.transfer_id,
        stripe_application_fee_id=payment.application_fee_id,
        amount_disputed=money_to_message(payment.amount_disputed),
        risk_flags=payment.risk_flags,
        stripe_account_id=payment.stripe_account,
        livemode=payment.livemode,
        create_time=time_to_message(payment.create_time),
        update_time=time_to_message(payment.update_time),
    )
    if payment.connected_account_id is not None:
        message.connected_account_id = format_id(Prefix.CONNECTED_ACCOUNT, payment.connected_account_id)
        message.platform_fee.CopyFrom(money_to_message(payment.platform_fee))
    if payment.charge_model is ChargeModel.SEPARATE:
        message.platform_fee.CopyFrom(money_to_message(payment.platform_fee))
        for split in payment.splits:
            account_id = format_id(Prefix.CONNECTED_ACCOUNT, split.account_id)
            message.splits.add(connected_account_id=account_id, amount=money_to_message(split.amount))
    if payment.failure is not None:
        message.last_failure.code = payment.failure.code
        message.last_failure.decline_code = payment.failure.decline_code
        message.last_failure.message = payment.failure.message
    return message


def purchase_to_message(purchase: Purchase) -> payment_pb2.Purchase:
    """A purchase for a reply."""
    return payment_pb2.Purchase(
        reference=purchase.reference,
        owner_id=purchase.owner_id,
        status=STATUS_TO_MESSAGE[purchase.status],
        amount_captured=money_to_message(purchase.amount_captured),
        amount_refunded=money_to_message(purchase.amount_refunded),
        amount_disputed=money_to_message(purchase.amount_disputed),
        payment_ids=[format_id(Prefix.PAYMENT, payment_id) for payment_id in purchase.payment_ids],
    )
