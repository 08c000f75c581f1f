"""ConfirmPayment: attempts a payment that waits for it, and only such a one."""

import asyncio
from typing import Any

import grpc
import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House, failure


def confirm(house: House, payment_id: str, key: str = "c", method: str = "pm_card_visa") -> Any:
    return house.payments.ConfirmPayment(
        payment_service_pb2.ConfirmPaymentRequest(idempotency_key=key, payment_id=payment_id, payment_method=method),
        metadata=house.metadata,
    )


async def test_a_waiting_payment_is_paid(house: House) -> None:
    payment = (await house.create("k")).payment

    reply = await confirm(house, payment.id)

    assert payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD
    assert reply.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert await confirm(house, payment.id) == reply


async def test_a_bank_that_wants_to_see_the_customer(house: House) -> None:
    payment = (await house.create("k")).payment

    reply = await confirm(house, payment.id, method="pm_card_authenticationRequired")

    assert reply.payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_ACTION
    assert reply.client_secret.startswith("pi_")


async def test_a_paid_payment_cannot_be_paid_again_and_the_refusal_is_kept(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment

    first = await failure(confirm(house, payment.id))
    again = await failure(confirm(house, payment.id))

    assert (first.code, first.reason, first.metadata["state"]) == ("FAILED_PRECONDITION", "INVALID_STATE", "SUCCEEDED")
    assert (first.replayed, again.replayed, again.reason) == (False, True, "INVALID_STATE")


async def test_what_does_not_exist_for_the_caller_cannot_be_confirmed(house: House) -> None:
    payment = (await house.create("k", owner_id="alice")).payment
    house.metadata = house.as_caller("idp|bob", ["bob"])

    for payment_id in (payment.id, "pay_00000000000000000000000000", "nonsense"):
        assert (await failure(confirm(house, payment_id))).reason == "PAYMENT_NOT_FOUND"


async def test_a_decline_can_be_tried_again_with_a_new_key(house: House) -> None:
    payment = (await house.create("k")).payment

    declined = await failure(confirm(house, payment.id, "c1", "pm_card_chargeDeclined"))
    paid = await confirm(house, payment.id, "c2")

    assert (declined.reason, declined.metadata["payment_id"]) == ("STRIPE_DECLINED", payment.id)
    assert paid.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


@pytest.mark.parametrize(
    ("method", "state"),
    [
        ("pm_card_authenticationRequired", payment_pb2.PAYMENT_STATE_REQUIRES_ACTION),
        ("pm_card_chargeDeclined", payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD),
    ],
)
async def test_news_that_arrive_while_it_is_under_way_do_not_swallow_the_answer(
    house: House, method: str, state: int
) -> None:
    payment = (await house.create("k")).payment
    await house.control(
        "POST",
        "/faults",
        {"effect": "latency_after", "path": "/v1/payment_intents/{id}/confirm", "latency_ms": 300, "count": 1},
    )
    attempt = asyncio.ensure_future(confirm(house, payment.id, method=method))
    async with asyncio.timeout(10):
        while not await house.sql("SELECT 1 FROM stripe_operations WHERE kind = 'payment.confirm'"):
            pass
    # As if an event's fetch had begun before the attempt and was applied while it was under way.
    await house.sql("UPDATE payments SET observed_time = clock_timestamp()")
    try:
        reply = (await attempt).payment
    except grpc.aio.AioRpcError:
        reply = None

    after = (await house.get(payment.id)).payment
    assert after.state == state
    assert reply is None or reply.state == state
    assert after.HasField("last_failure") == (method == "pm_card_chargeDeclined")


async def test_an_event_that_was_overtaken_is_looked_up_again(house: House) -> None:
    payment = (await house.create("k")).payment
    await confirm(house, payment.id, method="pm_card_authenticationRequired")
    await house.sql(
        "UPDATE payments SET state = 'REQUIRES_CONFIRMATION', observed_time = clock_timestamp() + interval '50 ms'"
    )
    event = {
        "id": "evt_1",
        "type": "payment_intent.requires_action",
        "livemode": False,
        "data": {"object": {"object": "payment_intent", "id": payment.stripe_payment_intent_id}},
    }
    await house.record(event)

    async with asyncio.timeout(10):
        while not await house.sql("SELECT 1 FROM stripe_events WHERE state = 'DONE'"):
            await house.sql("UPDATE stripe_events SET next_attempt_time = now()")
            await house.run("inbox")

    assert (await house.get(payment.id)).payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_ACTION
