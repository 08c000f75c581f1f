"""Capturing and canceling payments: what is allowed, and what the platform keeps of a part."""

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import CANCELABLE, ChargeModel, Payment, PaymentState


def amount_to_capture(payment: Payment, wanted: Money | None) -> Money:
    """How much a capture takes: as asked for, or all that is authorised.

    Raises:
        PaymentsError: INVALID_STATE unless it waits for capture, CURRENCY_MISMATCH, CAPTURE_EXCEEDS_AUTHORIZED.
    """
    payment_id = format_id(Prefix.PAYMENT, payment.id)
    if payment.state is not PaymentState.REQUIRES_CAPTURE:
        advice = {
            PaymentState.SUCCEEDED: "it is captured already",
            PaymentState.CANCELED: "it is canceled",
        }.get(payment.state, "only a payment that requires capture can be")
        raise _refusal(payment, f"payment {payment_id} cannot be captured in state {payment.state.value}: {advice}")
    if wanted is None:
        return payment.amount_capturable
    _require_currency(payment, wanted)
    left = payment.amount_capturable
    if wanted.amount_minor > left.amount_minor:
        raise PaymentsError(
            Reason.CAPTURE_EXCEEDS_AUTHORIZED,
            f"{left.amount_minor} {left.currency} of payment {payment_id} can be captured, not {wanted.amount_minor}",
            metadata={"payment_id": payment_id, "capturable_minor": str(left.amount_minor), "currency": left.currency},
        )
    return wanted


def fee_of_capture(payment: Payment, captured: Money, wanted: Money | None) -> Money:
    """What the platform keeps of a capture: as asked for, or the payment's fee in proportion, rounded half up.

    Raises:
        PaymentsError: CURRENCY_MISMATCH, REQUEST_INVALID for a fee that nobody can take.
    """
    if payment.charge_model is ChargeModel.PLATFORM:
        if wanted is not None:
            raise invalid(
                "platform_fee",
                "is for DESTINATION and DIRECT payments only: this one is the platform's own; leave it out",
            )
        return payment.platform_fee
    if payment.charge_model is ChargeModel.SEPARATE:
        if wanted is not None:
            raise invalid(
                "platform_fee",
                "is for DESTINATION and DIRECT payments only: of a part of this one the platform keeps its share; "
                "leave it out",
            )
        return payment.platform_fee
    if wanted is not None:
        _require_currency(payment, wanted)
        require_fee_within(wanted, captured)
        return wanted
    whole = payment.amount.amount_minor
    part = (2 * payment.platform_fee.amount_minor * captured.amount_minor + whole) // (2 * whole)
    return Money(part, captured.currency)


def require_fee_within(fee: Money, amount: Money) -> None:
    """Refuse a platform fee above the amount that it is taken from, or in another currency.

    Raises:
        PaymentsError: REQUEST_INVALID naming the field.
    """
    if fee.currency != amount.currency:
        raise invalid("platform_fee.currency_code", f"must be {amount.currency}, as the payment's amount is")
    if fee.amount_minor > amount.amount_minor:
        raise invalid("platform_fee.amount_minor", f"must be at most the amount itself, {amount.amount_minor}")


def require_cancelable(payment: Payment) -> None:
    """Refuse to cancel a payment that is paid, or that cannot be paid any more.

    Raises:
        PaymentsError: INVALID_STATE with the state in its metadata.
    """
    if payment.state in CANCELABLE:
        return
    advice = {
        PaymentState.CREATING: "its creation has no known outcome yet: retry CreatePayment with its key",
        PaymentState.SUCCEEDED: "it is paid: refund it instead",
        PaymentState.CANCELED: "it is canceled already",
        PaymentState.FAILED: "it was never created at Stripe, so there is nothing to cancel",
    }.get(payment.state, "Stripe does not cancel a payment in this state")
    payment_id = format_id(Prefix.PAYMENT, payment.id)
    raise _refusal(payment, f"payment {payment_id} cannot be canceled in state {payment.state.value}: {advice}")


def _require_currency(payment: Payment, wanted: Money) -> None:
    if wanted.currency != payment.amount.currency:
        payment_id = format_id(Prefix.PAYMENT, payment.id)
        raise PaymentsError(
            Reason.CURRENCY_MISMATCH,
            f"payment {payment_id} is in {payment.amount.currency}, not in {wanted.currency}: use the payment's",
            metadata={"payment_id": payment_id, "currency": payment.amount.currency},
        )


def _refusal(payment: Payment, message: str) -> PaymentsError:
    return PaymentsError(
        Reason.INVALID_STATE,
        message,
        metadata={"payment_id": format_id(Prefix.PAYMENT, payment.id), "state": payment.state.value},
    )
