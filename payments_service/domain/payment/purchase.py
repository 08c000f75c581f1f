"""A purchase: what the payments behind one reference add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from payments_service.domain.money import Money
from payments_service.domain.payment.model import Payment, PaymentState


class PurchaseStatus(Enum):
    """Where a purchase stands; the words are those of the API."""

    PENDING = "PENDING"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    CANCELED = "CANCELED"
    DISPUTED = "DISPUTED"


@dataclass(frozen=True, slots=True)
class Purchase:
    """The purchase behind a reference, derived from its payments and never stored."""

    reference: str
    owner_id: str
    status: PurchaseStatus
    amount_captured: Money
    amount_refunded: Money
    amount_disputed: Money
    payment_ids: tuple[UUID, ...]


def purchase_of(reference: str, payments: Sequence[Payment]) -> Purchase:
    """What `payments`, newest first and at least one, add up to.

    Payments of another currency than the one that was paid (or, when none was, the newest) are left out of the sums: an
    amount has one currency.
    """
    lead = next((payment for payment in payments if payment.amount_captured.amount_minor > 0), payments[0])
    currency = lead.amount.currency
    same = [payment for payment in payments if payment.amount.currency == currency]
    captured = sum(payment.amount_captured.amount_minor for payment in same)
    refunded = sum(payment.amount_refunded.amount_minor for payment in same)
    disputed = sum(payment.disputed_minor for payment in same)
    return Purchase(
        reference=reference,
        owner_id=lead.owner_id,
        status=_status(payments, captured, refunded, disputed),
        amount_captured=Money(captured, currency),
        amount_refunded=Money(refunded, currency),
        amount_disputed=Money(disputed, currency),
        payment_ids=tuple(payment.id for payment in payments),
    )


def _status(payments: Sequence[Payment], captured: int, refunded: int, disputed: int) -> PurchaseStatus:
    if disputed > 0:
        return PurchaseStatus.DISPUTED
    if captured > 0:
        if refunded == 0:
            return PurchaseStatus.PAID
        return PurchaseStatus.REFUNDED if refunded >= captured else PurchaseStatus.PARTIALLY_REFUNDED
    dead = {PaymentState.CANCELED, PaymentState.FAILED}
    return PurchaseStatus.CANCELED if all(payment.state in dead for payment in payments) else PurchaseStatus.PENDING
