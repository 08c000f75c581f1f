"""Payments and their refunds follow what was fetched of Stripe's, and only those that are ours."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments_service.application.follow.news import News
from payments_service.application.follow.payments import follow_payments, payments_behind
from payments_service.application.operations.model import StaleAnswerError
from payments_service.domain.ids import Prefix, format_id
from payments_service.domain.money import Money
from payments_service.domain.payment.model import ChargeModel, IntentSnapshot, Payment, PaymentState
from payments_service.domain.refund.model import AbsorbBy, Refund, RefundSnapshot, RefundState
from tests.unit.payments_service.application.memory import Memory, Payments, Refunds
from tests.unit.payments_service.domain.samples import NOON, a_captured_payment, a_payment, a_refund

LATER = NOON + timedelta(seconds=30)


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def an_intent(state: PaymentState, payment: Payment | None = None, **changes: object) -> IntentSnapshot:
    """Stripe's word about an intent; with `payment`, its metadata names that one."""
    intent = IntentSnapshot(
        id="pi_1",
        state=state,
        status=state.value.lower(),
        amount=usd(2_500),
        amount_received=2_500 if state is PaymentState.SUCCEEDED else 0,
        amount_capturable=0,
        livemode=False,
        created=NOON,
        metadata={"payments_payment_id": format_id(Prefix.PAYMENT, payment.id)} if payment else {},
    )
    return replace(intent, **changes)  # type: ignore[arg-type]  # each test names real fields


def a_snapshot(name: str, state: RefundState, amount: int = 4_000, **changes: object) -> RefundSnapshot:
    snapshot = RefundSnapshot(name, "pi_1", state, state.value.lower(), usd(amount), NOON)
    return replace(snapshot, **changes)  # type: ignore[arg-type]  # each test names real fields


def of_paid(payment: Payment, amount: int, state: RefundState, **changes: object) -> Refund:
    return a_refund(amount, payment_id=payment.id, state=state, **changes)


@pytest.mark.parametrize(
    ("intent_id", "hinted", "found"),
    [
        pytest.param("pi_1", False, True, id="known by its intent"),
        pytest.param("", True, True, id="hinted at, while it has no intent"),
        pytest.param("pi_1", True, True, id="both"),
        pytest.param("pi_2", True, False, id="hinted at, but its intent is another one"),
        pytest.param("", False, False, id="neither"),
    ],
)
async def test_a_payment_is_behind_an_intent_by_id_or_by_a_hint_that_fits(
    intent_id: str, hinted: bool, found: bool
) -> None:
    payment = a_payment(intent_id=intent_id)
    hint = format_id(Prefix.PAYMENT, payment.id) if hinted else ""

    behind = await payments_behind(Memory(Payments(payment)).unit, {"pi_1": hint, "pi_9": "no id at all"})

    assert behind == ({"pi_1": payment} if found else {})


async def test_a_payment_follows_its_intent_and_remembers_the_events_that_led_there() -> None:
    payment = a_payment()
    memory = Memory(Payments(payment))
    news = News(intents={"pi_1": an_intent(PaymentState.SUCCEEDED, payment)})

    await follow_payments(memory.unit, news, {"pi_1": ["evt_1"]}, NOON)

    stored = memory.payments.rows[payment.id]
    assert (stored.state, stored.intent_id, stored.event_ids) == (PaymentState.SUCCEEDED, "pi_1", ("evt_1",))
    assert memory.outbox.types == ["payment.succeeded"]


async def test_what_is_not_ours_is_passed_over() -> None:
    memory = Memory(Payments(a_payment(intent_id="pi_2")))
    news = News({"pi_1": an_intent(PaymentState.SUCCEEDED)}, {"pi_1": [a_snapshot("re_1", RefundState.PENDING)]})

    await follow_payments(memory.unit, news, {}, NOON)

    assert (memory.payments.saved, memory.refunds.added, memory.outbox.events) == ([], [], [])


async def test_an_intent_of_another_currency_that_names_our_payment_is_passed_over() -> None:
    payment = a_payment()
    memory = Memory(Payments(payment))
    foreign = an_intent(PaymentState.SUCCEEDED, payment, amount=Money(2_500, "eur"))

    await follow_payments(memory.unit, News({"pi_1": foreign}), {"pi_1": ["evt_1"]}, NOON)

    assert memory.payments.saved == []


async def test_news_that_may_be_older_are_asked_for_again() -> None:
    payment = a_payment(intent_id="pi_1", observed_time=LATER)
    memory = Memory(Payments(payment))

    with pytest.raises(StaleAnswerError):
        await follow_payments(memory.unit, News({"pi_1": an_intent(PaymentState.PROCESSING)}), {}, NOON)

    assert memory.payments.saved == []


async def test_nothing_new_is_not_stored_again() -> None:
    payment = a_captured_payment(intent_id="pi_1")
    memory = Memory(Payments(payment))

    await follow_payments(memory.unit, News(refunds={"pi_1": []}), {}, NOON)

    assert memory.payments.saved == []


async def test_refunds_follow_and_the_payment_counts_them() -> None:
    payment = a_captured_payment(intent_id="pi_1")
    ours = of_paid(payment, 4_000, RefundState.PENDING, stripe_refund_id="re_1")
    failed = of_paid(payment, 1_000, RefundState.SUCCEEDED, stripe_refund_id="re_2")
    memory = Memory(Payments(payment), Refunds(ours, failed))
    news = News(
        refunds={
            "pi_1": [
                a_snapshot("re_1", RefundState.SUCCEEDED),
                a_snapshot("re_2", RefundState.FAILED, 1_000, failure_reason="declined"),
            ]
        }
    )

    await follow_payments(memory.unit, news, {"pi_1": ["evt_1"]}, NOON)

    assert memory.refunds.rows[ours.id].state is RefundState.SUCCEEDED
    assert memory.refunds.rows[failed.id].failure_reason == "declined"
    assert memory.refunds.added == []
    stored = memory.payments.rows[payment.id]
    assert (stored.amount_refunded, stored.event_ids) == (usd(4_000), ("evt_1",))
    assert sorted(set(memory.outbox.types) & {"refund.succeeded", "refund.failed"}) == [
        "refund.failed",
        "refund.succeeded",
    ]


async def test_a_refund_whose_outcome_nobody_knew_is_found_by_the_hint() -> None:
    payment = a_captured_payment(intent_id="pi_1")
    waiting = of_paid(payment, 4_000, RefundState.CREATING)
    memory = Memory(Payments(payment), Refunds(waiting))
    told = a_snapshot("re_1", RefundState.SUCCEEDED, hint=format_id(Prefix.REFUND, waiting.id))

    await follow_payments(memory.unit, News(refunds={"pi_1": [told]}), {}, NOON)

    assert memory.refunds.rows.keys() == {waiting.id}
    assert memory.refunds.rows[waiting.id].stripe_refund_id == "re_1"
    assert memory.payments.rows[payment.id].amount_refunded == usd(4_000)


async def test_a_refund_that_was_made_without_us_becomes_ours() -> None:
    payment = a_captured_payment(intent_id="pi_1", charge_model=ChargeModel.DESTINATION)
    ours = of_paid(payment, 1_000, RefundState.SUCCEEDED, stripe_refund_id="re_1")
    memory = Memory(Payments(payment), Refunds(ours))
    news = News(
        refunds={
            "pi_1": [
                a_snapshot("re_1", RefundState.SUCCEEDED, 1_000),
                a_snapshot("re_2", RefundState.SUCCEEDED, 4_000, transfer_reversal_id="trr_1"),
            ]
        }
    )

    await follow_payments(memory.unit, news, {}, NOON)

    [found] = memory.refunds.added
    assert (found.stripe_refund_id, found.payment_id, found.absorb_by) == ("re_2", payment.id, AbsorbBy.CREATOR)
    assert memory.payments.rows[payment.id].amount_refunded == usd(5_000)


async def test_a_refund_that_others_know_better_is_asked_for_again() -> None:
    payment = a_captured_payment(intent_id="pi_1")
    newer = of_paid(payment, 4_000, RefundState.FAILED, stripe_refund_id="re_1", observed_time=LATER)
    memory = Memory(Payments(payment), Refunds(newer))

    with pytest.raises(StaleAnswerError):
        await follow_payments(
            memory.unit, News(refunds={"pi_1": [a_snapshot("re_1", RefundState.SUCCEEDED)]}), {}, NOON
        )

    assert memory.refunds.rows[newer.id] == newer


async def test_a_reservation_that_stripe_does_not_know_yet_stays_and_does_not_count_as_refunded() -> None:
    payment = a_captured_payment(intent_id="pi_1")
    waiting = of_paid(payment, 4_000, RefundState.CREATING)
    memory = Memory(Payments(payment), Refunds(waiting))

    await follow_payments(memory.unit, News(refunds={"pi_1": []}), {}, NOON)

    assert memory.refunds.rows[waiting.id] == waiting
    assert memory.payments.rows[payment.id].amount_refunded == usd(0)
