"""A purchase is what its payments add up to."""

from dataclasses import replace

from payments_service.domain.ids import new_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import Payment, PaymentState
from payments_service.domain.payment.purchase import PurchaseStatus, purchase_of
from tests.unit.payments_service.domain import samples


def a_payment(state: PaymentState, captured: int = 0, refunded: int = 0, currency: str = "usd") -> Payment:
    amounts = {"amount_captured": Money(captured, currency), "amount_refunded": Money(refunded, currency)}
    return samples.a_payment(currency, state=state, **amounts)


PAID = a_payment(PaymentState.SUCCEEDED, 2500)
WAITING = a_payment(PaymentState.REQUIRES_PAYMENT_METHOD)
CANCELED = a_payment(PaymentState.CANCELED)
FAILED = a_payment(PaymentState.FAILED)


def status(*payments: Payment) -> PurchaseStatus:
    return purchase_of("order_1", payments).status


def test_it_is_pending_while_a_payment_may_still_be_paid() -> None:
    assert status(WAITING) is PurchaseStatus.PENDING
    assert status(CANCELED, WAITING) is PurchaseStatus.PENDING


def test_it_is_paid_by_any_payment_that_succeeded() -> None:
    assert status(PAID) is PurchaseStatus.PAID
    assert status(WAITING, PAID, CANCELED) is PurchaseStatus.PAID


def test_it_is_canceled_when_nothing_can_pay_it_any_more() -> None:
    assert status(CANCELED, FAILED) is PurchaseStatus.CANCELED


def test_refunds_show_in_part_and_in_full() -> None:
    assert status(a_payment(PaymentState.SUCCEEDED, 2500, 1)) is PurchaseStatus.PARTIALLY_REFUNDED
    assert status(a_payment(PaymentState.SUCCEEDED, 2500, 2500)) is PurchaseStatus.REFUNDED


def test_sums_are_over_all_its_payments() -> None:
    again = replace(PAID, id=new_id(), amount_refunded=Money(500, "usd"))

    purchase = purchase_of("order_1", [again, PAID, WAITING])

    assert purchase.amount_captured == Money(5000, "usd")
    assert purchase.amount_refunded == Money(500, "usd")
    assert purchase.payment_ids == (again.id, PAID.id, WAITING.id)


def test_sums_are_of_the_currency_that_was_paid() -> None:
    purchase = purchase_of("order_1", [a_payment(PaymentState.REQUIRES_PAYMENT_METHOD, currency="eur"), PAID])

    assert purchase.amount_captured == Money(2500, "usd")
