"""CancelPayment: ends what is not paid, releases what was set aside, and refuses the rest."""

from typing import Any

import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House, failure

HELD: dict[str, Any] = {"capture_method": "CAPTURE_METHOD_MANUAL"}
CANCELED = payment_pb2.PAYMENT_STATE_CANCELED
WEEKS = 31 * 86_400


def cancel(house: House, payment_id: str, key: str = "x", **fields: Any) -> Any:
    return house.payments.CancelPayment(
        payment_service_pb2.CancelPaymentRequest(idempotency_key=key, payment_id=payment_id, **fields),
        metadata=house.metadata,
    )


async def charge_of(house: House, payment: payment_pb2.Payment) -> dict[str, Any]:
    return await house.stripe(f"/v1/charges/{payment.stripe_charge_id}")


async def status_of_purchase(house: House) -> int:
    request = payment_service_pb2.GetPurchaseRequest(reference="order_1")
    status: int = (await house.payments.GetPurchase(request, metadata=house.metadata)).purchase.status
    return status


async def test_what_was_set_aside_is_released(house: House) -> None:
    seller = await house.seller()
    held = (await house.sell("k", seller.id, **HELD)).payment
    assert held.amount_capturable.amount_minor == 10_000

    reply = await cancel(house, held.id)

    canceled = reply.payment
    assert (canceled.state, canceled.stripe_status) == (CANCELED, "canceled")
    assert (canceled.amount_captured.amount_minor, canceled.amount_capturable.amount_minor) == (0, 0)
    charge = await charge_of(house, held)
    assert (charge["captured"], charge["amount_captured"], charge["refunded"]) == (False, 0, True)
    assert await cancel(house, held.id) == reply
    assert await status_of_purchase(house) == payment_pb2.PURCHASE_STATUS_CANCELED


async def test_no_money_has_moved_and_nothing_is_refunded(house: House) -> None:
    seller = await house.seller()
    held = (await house.sell("k", seller.id, **HELD)).payment
    await cancel(house, held.id)

    await house.record_all()
    await house.run("inbox")
    await house.settle_all()

    assert (await house.stripe("/v1/balance_transactions"))["data"] == []
    assert await house.balances() == {}
    after = (await house.get(held.id)).payment
    assert (after.state, after.amount_refunded.amount_minor) == (CANCELED, 0)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD),
        ({"payment_method": "pm_card_visa"}, payment_pb2.PAYMENT_STATE_REQUIRES_CONFIRMATION),
        (
            {"payment_method": "pm_card_authenticationRequired", "confirm": True},
            payment_pb2.PAYMENT_STATE_REQUIRES_ACTION,
        ),
        (PAY | HELD, payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE),
    ],
)
async def test_whatever_is_not_paid_can_be_canceled(house: House, fields: dict[str, Any], state: int) -> None:
    payment = (await house.create("k", **fields)).payment
    assert payment.state == state

    assert (await cancel(house, payment.id)).payment.state == CANCELED
    (intent,) = await house.intents()
    assert intent["status"] == "canceled"


@pytest.mark.parametrize(
    ("reason", "at_stripe"),
    [
        ("CANCELLATION_REASON_UNSPECIFIED", None),
        ("CANCELLATION_REASON_DUPLICATE", "duplicate"),
        ("CANCELLATION_REASON_FRAUDULENT", "fraudulent"),
        ("CANCELLATION_REASON_REQUESTED_BY_CUSTOMER", "requested_by_customer"),
        ("CANCELLATION_REASON_ABANDONED", "abandoned"),
    ],
)
async def test_stripe_is_told_why(house: House, reason: str, at_stripe: str | None) -> None:
    payment = (await house.create("k")).payment

    await cancel(house, payment.id, reason=reason)

    (intent,) = await house.intents()
    assert intent["cancellation_reason"] == at_stripe


async def test_what_is_over_cannot_be_canceled_and_the_refusal_is_kept(house: House) -> None:
    paid = (await house.create("paid", **PAY)).payment.id
    canceled = (await house.create("canceled")).payment.id
    await cancel(house, canceled, "first")
    rejected = await failure(house.create("rejected", amount={"amount_minor": 1, "currency_code": "usd"}))

    for payment_id, state, advice in (
        (paid, "SUCCEEDED", "refund it instead"),
        (canceled, "CANCELED", "canceled already"),
        (rejected.metadata["payment_id"], "FAILED", "nothing to cancel"),
    ):
        failed = await failure(cancel(house, payment_id, f"x {state}"))
        again = await failure(cancel(house, payment_id, f"x {state}"))
        assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "INVALID_STATE")
        assert (failed.metadata["payment_id"], failed.metadata["state"]) == (payment_id, state)
        assert advice in failed.message
        assert (failed.replayed, again.replayed, again.message) == (False, True, failed.message)


async def test_nothing_can_be_done_with_what_is_canceled(house: House) -> None:
    payment = (await house.create("k", **HELD, **PAY)).payment
    await cancel(house, payment.id)
    common: dict[str, Any] = {"idempotency_key": "y", "payment_id": payment.id}

    for call in (
        house.payments.CapturePayment(payment_service_pb2.CapturePaymentRequest(**common), metadata=house.metadata),
        house.payments.ConfirmPayment(
            payment_service_pb2.ConfirmPaymentRequest(**common, payment_method="pm_card_visa"),
            metadata=house.metadata,
        ),
        house.refund("y", payment.id),
    ):
        failed = await failure(call)
        assert (failed.reason, failed.metadata["state"]) == ("INVALID_STATE", "CANCELED")


@pytest.mark.parametrize("payment_id", ["pay_00000000000000000000000000", "nonsense", "pi_1"])
async def test_what_does_not_exist_cannot_be_canceled(house: House, payment_id: str) -> None:
    failed = await failure(cancel(house, payment_id))

    assert (failed.code, failed.reason) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")


async def test_an_unknown_reason_is_named(house: House) -> None:
    payment = (await house.create("k")).payment

    failed = await failure(cancel(house, payment.id, reason=99))

    assert (failed.reason, list(failed.fields)) == ("REQUEST_INVALID", ["reason"])
    assert (await house.get(payment.id)).payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD


async def test_an_authorisation_that_nobody_captured_in_time_is_followed(house: House) -> None:
    held = (await house.create("k", **HELD, **PAY)).payment
    await house.control("POST", "/clock/advance", {"seconds": WEEKS})
    assert (await house.get(held.id)).payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE

    await house.record_all()
    await house.run("inbox")

    after = (await house.get(held.id)).payment
    assert (after.state, after.amount_capturable.amount_minor) == (CANCELED, 0)
    assert await status_of_purchase(house) == payment_pb2.PURCHASE_STATUS_CANCELED
