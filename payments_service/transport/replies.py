"""The encoded form of replies, which is stored and sent again, byte for byte, when a call is repeated."""

from collections.abc import Callable, Mapping

from google.protobuf.message import Message
from payments_api.v1 import (
    account_service_pb2,
    admin_service_pb2,
    fee_service_pb2,
    payment_service_pb2,
    refund_service_pb2,
)

from payments_service.application.accounts.create import AccountResult
from payments_service.application.events.replay import Replayed
from payments_service.application.payments.result import PaymentResult
from payments_service.application.refunds.create import RefundResult
from payments_service.application.verification.model import Run
from payments_service.domain.fee.schedule import FeeSchedule
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.account import account_to_message
from payments_service.transport.convert.fee import schedule_to_message
from payments_service.transport.convert.ledger_replies import LEDGER_ENCODERS
from payments_service.transport.convert.payment import payment_to_message
from payments_service.transport.convert.refund import refund_to_message
from payments_service.transport.convert.verification import run_to_message

CREATE_PAYMENT = "payments_api.v1.PaymentService/CreatePayment"
CONFIRM_PAYMENT = "payments_api.v1.PaymentService/ConfirmPayment"
CAPTURE_PAYMENT = "payments_api.v1.PaymentService/CapturePayment"
CANCEL_PAYMENT = "payments_api.v1.PaymentService/CancelPayment"
CREATE_ACCOUNT = "payments_api.v1.AccountService/CreateAccount"
CREATE_REFUND = "payments_api.v1.RefundService/CreateRefund"
REPLAY_STRIPE_EVENTS = "payments_api.v1.AdminService/ReplayStripeEvents"
START_VERIFICATION = "payments_api.v1.AdminService/StartVerification"
CREATE_FEE_SCHEDULE = "payments_api.v1.FeeService/CreateFeeSchedule"


def _create_payment(result: object) -> Message:
    return payment_service_pb2.CreatePaymentResponse(payment=payment_to_message(_payment_result(result).payment))


def _confirm_payment(result: object) -> Message:
    return payment_service_pb2.ConfirmPaymentResponse(payment=payment_to_message(_payment_result(result).payment))


def _capture_payment(result: object) -> Message:
    return payment_service_pb2.CapturePaymentResponse(payment=payment_to_message(_payment_result(result).payment))


def _cancel_payment(result: object) -> Message:
    return payment_service_pb2.CancelPaymentResponse(payment=payment_to_message(_payment_result(result).payment))


def _create_account(result: object) -> Message:
    if not isinstance(result, AccountResult):
        raise TypeError(f"not a result about an account: {type(result).__name__}")
    return account_service_pb2.CreateAccountResponse(account=account_to_message(result.account))


def _create_refund(result: object) -> Message:
    if not isinstance(result, RefundResult):
        raise TypeError(f"not a result about a refund: {type(result).__name__}")
    return refund_service_pb2.CreateRefundResponse(refund=refund_to_message(result.refund))


def _create_fee_schedule(result: object) -> Message:
    if not isinstance(result, FeeSchedule):
        raise TypeError(f"not a fee schedule: {type(result).__name__}")
    return fee_service_pb2.CreateFeeScheduleResponse(fee_schedule=schedule_to_message(result))


def _replay_stripe_events(result: object) -> Message:
    if not isinstance(result, Replayed):
        raise TypeError(f"not what was replayed: {type(result).__name__}")
    ids = [format_id(Prefix.STRIPE_EVENT, event_id) for event_id in result.event_ids]
    return admin_service_pb2.ReplayStripeEventsResponse(replayed_ids=ids, has_more=result.has_more)


def _start_verification(result: object) -> Message:
    if not isinstance(result, Run):
        raise TypeError(f"not a verification: {type(result).__name__}")
    return admin_service_pb2.StartVerificationResponse(verification=run_to_message(result))


def _payment_result(result: object) -> PaymentResult:
    if not isinstance(result, PaymentResult):
        raise TypeError(f"not a result about a payment: {type(result).__name__}")
    return result


ENCODERS: Mapping[str, Callable[[object], Message]] = {
    CREATE_PAYMENT: _create_payment,
    CONFIRM_PAYMENT: _confirm_payment,
    CAPTURE_PAYMENT: _capture_payment,
    CANCEL_PAYMENT: _cancel_payment,
    CREATE_ACCOUNT: _create_account,
    CREATE_REFUND: _create_refund,
    CREATE_FEE_SCHEDULE: _create_fee_schedule,
    REPLAY_STRIPE_EVENTS: _replay_stripe_events,
    START_VERIFICATION: _start_verification,
    **LEDGER_ENCODERS,
}
"""By the full name of the method whose reply it is."""


class ProtobufReplyCodec:
    """Encodes the results of use cases (`application.ports.ReplyCodec`)."""

    def encode(self, method: str, result: object) -> bytes:
        """The reply of a method, without secrets: those are fetched again for a repeat."""
        return ENCODERS[method](result).SerializeToString(deterministic=True)
