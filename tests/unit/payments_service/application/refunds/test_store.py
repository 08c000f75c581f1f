"""How refunds are stored, and what they make of their payment."""

from dataclasses import replace
from datetime import timedelta

from payments_service.application.refunds.store import add_refund, save_refund, with_refunded
from payments_service.domain.money import Money
from payments_service.domain.refund.model import RefundState
from tests.unit.payments_service.application.memory import Memory
from tests.unit.payments_service.domain.samples import NOON, a_captured_payment, a_refund

LATER = NOON + timedelta(seconds=1)
PAYMENT = a_captured_payment(10_000)


def test_a_payment_shows_the_sum_of_the_refunds_that_give_money_back() -> None:
    refunds = [a_refund(10**place, state=state) for place, state in enumerate(RefundState)]
    giving_back = {RefundState.PENDING, RefundState.REQUIRES_ACTION, RefundState.SUCCEEDED, RefundState.OTHER}

    shown = with_refunded(PAYMENT, refunds, LATER)

    assert shown.amount_refunded == Money(sum(r.amount.amount_minor for r in refunds if r.state in giving_back), "usd")
    assert shown.update_time == LATER


def test_a_refund_that_failed_is_taken_off_again() -> None:
    refund = a_refund(4_000, state=RefundState.SUCCEEDED)
    refunded = with_refunded(PAYMENT, [refund], NOON)

    after = with_refunded(refunded, [replace(refund, state=RefundState.FAILED)], LATER)

    assert refunded.amount_refunded == Money(4_000, "usd")
    assert after.amount_refunded == Money(0, "usd")


def test_what_did_not_change_is_the_same_payment() -> None:
    assert with_refunded(PAYMENT, [a_refund(4_000)], LATER) is PAYMENT


async def test_a_refund_is_stored_when_it_changed_and_whoever_listens_is_told() -> None:
    memory, refund = Memory(), a_refund()
    await add_refund(memory.unit, refund)
    await save_refund(memory.unit, refund, refund)
    assert memory.outbox.events == []

    succeeded = replace(refund, state=RefundState.SUCCEEDED)
    await save_refund(memory.unit, refund, succeeded)

    assert memory.refunds.rows == {refund.id: succeeded}
    assert memory.outbox.types == ["refund.succeeded"]
