"""The encoded form of replies, which is stored and sent again, byte for byte, when a call is repeated."""

from collections.abc import Callable, Mapping

from google.protobuf.message import Message
from payments_api.v1 import payment_service_pb2

from payments_service.application.payments.result import PaymentResult
from payments_service.transport.convert.payment import payment_to_message

CREATE_PAYMENT = "payments_api.v1.PaymentService/CreatePayment"
CONFIRM_PAYMENT = "payments_api.v1.PaymentService/ConfirmPayment"


def _create_payment(result: object) -> Message:
    return payment_service_pb2.CreatePaymentResponse(payment=payment_to_message(_payment_result(result).payment))


def _confirm_payment(result: object) -> Message:
    return payment_service_pb2.ConfirmPaymentResponse(payment=payment_to_message(_payment_result(result).payment))


def _payment_result(result: object) -> PaymentResult:
    if not isinstance(result, PaymentResult):
        raise TypeError(f"not a result about a payment: {type(result).__name__}")
    return result


ENCODERS: Mapping[str, Callable[[object], Message]] = {
    CREATE_PAYMENT: _create_payment,
    CONFIRM_PAYMENT: _confirm_payment,
}
"""By the full name of the method whose reply it is."""


class ProtobufReplyCodec:
    """Encodes the results of use cases (`application.ports.ReplyCodec`)."""

    def encode(self, method: str, result: object) -> bytes:
        """The reply of a method, without secrets: those are fetched again for a repeat."""
        return ENCODERS[method](result).SerializeToString(deterministic=True)
