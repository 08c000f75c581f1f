"""Whether a refund may be made, of how much, and at whose expense."""

from collections.abc import Iterable

from payments_service.domain.errors import PaymentsError, Reason, invalid
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import CANCELABLE, ChargeModel, Payment, PaymentState
from payments_service.domain.refund.model import GIVING_BACK, RESERVING, AbsorbBy, Refund


def refundable(payment: Payment, refunds: Iterable[Refund]) -> Money:
    """What is left of the captured amount: what other refunds give back, or have reserved, is not.

    Args:
        payment: under its lock.
        refunds: all refunds of the payment.
    """
    reserved = sum(refund.amount.amount_minor for refund in refunds if refund.state in RESERVING)
    # Somebody may refund in Stripe's dashboard what is reserved here: then Stripe refuses ours, and nothing is left.
    return Money(max(0, payment.amount_captured.amount_minor - reserved), payment.amount.currency)


def refunded(payment: Payment, refunds: Iterable[Refund]) -> Money:
    """What refunds give back of a payment: those on their way count, those that failed do not."""
    total = sum(refund.amount.amount_minor for refund in refunds if refund.state in GIVING_BACK)
    return Money(total, payment.amount.currency)


def amount_to_refund(payment: Payment, refunds: Iterable[Refund], wanted: Money | None) -> Money:
    """How much a new refund gives back: as asked for, or all that is left.

    Raises:
        PaymentsError: INVALID_STATE when nothing was captured, CURRENCY_MISMATCH, REFUND_EXCEEDS_CAPTURED.
    """
    payment_id = format_id(Prefix.PAYMENT, payment.id)
    if payment.state is not PaymentState.SUCCEEDED or payment.amount_captured.amount_minor == 0:
        raise PaymentsError(
            Reason.INVALID_STATE,
            f"payment {payment_id} cannot be refunded in state {payment.state.value}: {_instead(payment.state)}",
            metadata={"payment_id": payment_id, "state": payment.state.value},
        )
    if wanted is not None and wanted.currency != payment.amount.currency:
        raise PaymentsError(
            Reason.CURRENCY_MISMATCH,
            f"payment {payment_id} is in {payment.amount.currency}, the refund in {wanted.currency}: use the payment's",
            metadata={"payment_id": payment_id, "currency": payment.amount.currency},
        )
    left = refundable(payment, refunds)
    amount = wanted or left
    if amount.amount_minor > left.amount_minor or left.amount_minor == 0:
        raise PaymentsError(
            Reason.REFUND_EXCEEDS_CAPTURED,
            f"{left.amount_minor} {left.currency} of payment {payment_id} can still be refunded, which is less than "
            f"{max(amount.amount_minor, 1)}: refunds under way count",
            metadata={"payment_id": payment_id, "refundable_minor": str(left.amount_minor), "currency": left.currency},
        )
    return amount


def bearer(
    payment: Payment, absorb_by: AbsorbBy, *, reverse_transfer: bool | None, refund_platform_fee: bool
) -> tuple[AbsorbBy, bool]:
    """At whose expense a refund is, and whether the transfer is reversed with it: as asked for, defaults filled in.

    Raises:
        PaymentsError: REQUEST_INVALID for what the payment's charge model does not know, or for a contradiction.
    """
    if payment.charge_model is ChargeModel.PLATFORM:
        _require_of_a_sale(absorb_by, reverse_transfer=reverse_transfer, refund_platform_fee=refund_platform_fee)
        return AbsorbBy.UNSPECIFIED, False
    chosen = AbsorbBy.CREATOR if absorb_by is AbsorbBy.UNSPECIFIED else absorb_by
    if payment.charge_model is ChargeModel.SEPARATE:
        _require_of_a_split(reverse_transfer=reverse_transfer, refund_platform_fee=refund_platform_fee)
        return chosen, False
    if payment.charge_model is ChargeModel.DIRECT:
        _require_of_a_direct(chosen, reverse_transfer=reverse_transfer)
        return chosen, False
    if chosen is AbsorbBy.PLATFORM and reverse_transfer:
        raise invalid(
            "reverse_transfer", "takes the money from the connected account, so it does not go with absorb_by PLATFORM"
        )
    reverses = chosen is AbsorbBy.CREATOR if reverse_transfer is None else reverse_transfer
    if refund_platform_fee and not reverses:
        raise invalid(
            "refund_platform_fee", "goes with reverse_transfer only: the fee is given back as the share is taken back"
        )
    return chosen, reverses


def _require_of_a_sale(absorb_by: AbsorbBy, *, reverse_transfer: bool | None, refund_platform_fee: bool) -> None:
    asked = {
        "absorb_by": absorb_by is AbsorbBy.CREATOR,
        "reverse_transfer": bool(reverse_transfer),
        "refund_platform_fee": refund_platform_fee,
    }
    for name, given in asked.items():
        if given:
            raise invalid(name, "is for payments to a connected account: this one is the platform's own; leave it out")


def _require_of_a_split(*, reverse_transfer: bool | None, refund_platform_fee: bool) -> None:
    if reverse_transfer:
        raise invalid(
            "reverse_transfer", "is for DESTINATION payments only: transfers of this one are reversed one by one"
        )
    if refund_platform_fee:
        raise invalid(
            "refund_platform_fee",
            "is for DESTINATION and DIRECT payments only: at the creators' expense the platform's share of this one is "
            "always given back; leave it out",
        )


def _require_of_a_direct(absorb_by: AbsorbBy, *, reverse_transfer: bool | None) -> None:
    if absorb_by is AbsorbBy.PLATFORM:
        raise invalid(
            "absorb_by",
            "PLATFORM is not for DIRECT payments: Stripe takes their refunds from the connected account; leave it out",
        )
    if reverse_transfer:
        raise invalid("reverse_transfer", "is for DESTINATION payments only: this one has no transfer; leave it out")


def _instead(state: PaymentState) -> str:
    """What to do with a payment of which nothing was captured."""
    if state in CANCELABLE:
        return "cancel it instead"
    return {
        PaymentState.CREATING: "its creation has no known outcome yet: retry CreatePayment with its key",
        PaymentState.CANCELED: "it is canceled",
        PaymentState.FAILED: "it was never created at Stripe, so there is nothing to refund",
    }.get(state, "nothing was captured")
