"""ConfirmPayment: attempts a payment that waits for it, and only such a one."""

from typing import Any

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
