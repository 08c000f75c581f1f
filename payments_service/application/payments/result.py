"""What the mutating use cases of payments give back, before transport encodes it."""

from dataclasses import dataclass

from payments_service.domain.payment.model import Payment


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """The payment as it stands after the call."""

    payment: Payment
