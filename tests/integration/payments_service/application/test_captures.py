"""CapturePayment: takes what was authorised or a part of it, and only that."""

from typing import Any

import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2, refund_pb2

from tests.integration.payments_service.application.house import PAY, House, failure

HELD: dict[str, Any] = {"capture_method": "CAPTURE_METHOD_MANUAL"}
NOBODY = "pay_00000000000000000000000000"


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


def capture(house: House, payment_id: str, key: str = "c", **fields: Any) -> Any:
    return house.payments.CapturePayment(
        payment_service_pb2.CapturePaymentRequest(idempotency_key=key, payment_id=payment_id, **fields),
        metadata=house.metadata,
    )


async def held(house: House, **fields: Any) -> payment_pb2.Payment:
    """A sale of 100.00 usd that waits for capture; the platform keeps 10.00 of it."""
    seller = await house.seller()
    return (await house.sell("k", seller.id, **HELD, **fields)).payment


async def of_the_platform(house: House, **fields: Any) -> payment_pb2.Payment:
    """The same without a seller."""
    return (await house.create("k", amount=usd(10_000), **HELD, **PAY, **fields)).payment


async def test_all_of_it_is_taken_unless_told_otherwise(house: House) -> None:
    payment = await of_the_platform(house)
    assert (payment.amount_captured.amount_minor, payment.amount_capturable.amount_minor) == (0, 10_000)

    captured = (await capture(house, payment.id)).payment

    assert captured.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert (captured.amount_captured.amount_minor, captured.amount_capturable.amount_minor) == (10_000, 0)
    await house.settle_all()
    assert (await house.balances())["stripe:usd"] == 9_680
    await house.books_are_right()


async def test_what_is_not_taken_is_released_and_is_no_refund(house: House) -> None:
    payment = await of_the_platform(house)

    captured = (await capture(house, payment.id, amount=usd(6_000))).payment
    purchase = (
        await house.payments.GetPurchase(
            payment_service_pb2.GetPurchaseRequest(reference="order_1"), metadata=house.metadata
        )
    ).purchase

    figures = (captured.amount_captured, captured.amount_capturable, captured.amount_refunded)
    assert [money.amount_minor for money in figures] == [6_000, 0, 0]
    assert purchase.status == payment_pb2.PURCHASE_STATUS_PAID
    (intent,) = await house.intents()
    assert (intent["status"], intent["amount_received"], intent["amount_capturable"]) == ("succeeded", 6_000, 0)
    refused = await failure(house.refund("r", payment.id, amount=usd(6_001)))
    assert (refused.reason, refused.metadata["refundable_minor"]) == ("REFUND_EXCEEDS_CAPTURED", "6000")
    assert (await house.refund("s", payment.id)).amount.amount_minor == 6_000
    await house.settle_all()
    await house.books_are_right()


@pytest.mark.parametrize(
    ("fee", "amount", "asked", "kept"),
    [
        pytest.param(1_000, None, None, 1_000, id="all of the fee of all of it"),
        pytest.param(1_000, 6_000, None, 600, id="in proportion"),
        pytest.param(1_001, 5_000, None, 501, id="half a cent is rounded up"),
        pytest.param(1_001, 4_999, None, 500, id="less than half a cent is rounded down"),
        pytest.param(1_000, 6_000, 50, 50, id="another fee"),
        pytest.param(1_000, 6_000, 6_000, 6_000, id="all that is captured"),
        pytest.param(1_000, 6_000, 0, 0, id="no fee"),
        pytest.param(0, 6_000, None, 0, id="there was none"),
        pytest.param(0, 6_000, 50, 50, id="there was none, and now there is"),
    ],
)
async def test_what_the_platform_keeps_of_a_capture(
    house: House, fee: int, amount: int | None, asked: int | None, kept: int
) -> None:
    payment = await held(house, platform_fee=usd(fee))
    fields: dict[str, Any] = {} if amount is None else {"amount": usd(amount)}
    if asked is not None:
        fields["platform_fee"] = usd(asked)

    captured = (await capture(house, payment.id, **fields)).payment

    taken = amount or 10_000
    assert (captured.amount_captured.amount_minor, captured.platform_fee.amount_minor) == (taken, kept)
    await house.settle_all()
    balances = await house.balances()
    assert balances.get("revenue:platform_fee:usd", 0) == kept
    assert balances.get(f"connected:{payment.connected_account_id}:stripe:usd", 0) == taken - kept
    assert balances[f"creator:{payment.connected_account_id}:payable:usd"] == 0
    await house.books_are_right()


async def test_more_than_was_authorised_cannot_be_captured(house: House) -> None:
    payment = await held(house)

    failed = await failure(capture(house, payment.id, amount=usd(10_001)))
    again = await failure(capture(house, payment.id, amount=usd(10_001)))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "CAPTURE_EXCEEDS_AUTHORIZED")
    facts = {key: failed.metadata[key] for key in ("payment_id", "capturable_minor", "currency")}
    assert facts == {"payment_id": payment.id, "capturable_minor": "10000", "currency": "usd"}
    assert "10000 usd" in failed.message
    assert "10001" in failed.message
    assert (failed.replayed, again.replayed, again.message) == (False, True, failed.message)
    assert (await capture(house, payment.id, "d")).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


@pytest.mark.parametrize("field", ["amount", "platform_fee"])
async def test_a_capture_is_in_the_currency_of_its_payment(house: House, field: str) -> None:
    payment = await held(house)

    fields: dict[str, Any] = {field: {"amount_minor": 500, "currency_code": "eur"}}
    failed = await failure(capture(house, payment.id, **fields))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "CURRENCY_MISMATCH")
    assert (failed.metadata["payment_id"], failed.metadata["currency"]) == (payment.id, "usd")
    assert "not in eur" in failed.message


@pytest.mark.parametrize(
    ("model", "fields", "field", "what"),
    [
        (held, {"amount": usd(6_000), "platform_fee": usd(6_001)}, "platform_fee.amount_minor", "at most"),
        (held, {"amount": usd(0)}, "amount", "greater than 0"),
        (held, {"amount": usd(-1)}, "amount", "greater than 0"),
        (held, {"platform_fee": usd(-1)}, "platform_fee", "0 or more"),
        (held, {"amount": {"amount_minor": 5, "currency_code": "dollars"}}, "amount.currency_code", "ISO 4217"),
        (of_the_platform, {"platform_fee": usd(1)}, "platform_fee", "the platform's own"),
    ],
)
async def test_a_field_that_cannot_be_is_named_and_the_key_stays_free(
    house: House, model: Any, fields: dict[str, Any], field: str, what: str
) -> None:
    payment = await model(house)

    failed = await failure(capture(house, payment.id, **fields))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert list(failed.fields) == [field]
    assert what in failed.fields[field]
    assert (await capture(house, payment.id)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


async def test_only_what_waits_for_capture_can_be_captured_and_the_refusal_is_kept(house: House) -> None:
    waiting = (await house.create("waiting")).payment
    paid = (await house.create("paid", **PAY)).payment
    rejected = await failure(house.create("rejected", amount=usd(1)))
    canceled = (await house.create("canceled", **HELD, **PAY)).payment
    await house.payments.CancelPayment(
        payment_service_pb2.CancelPaymentRequest(idempotency_key="x", payment_id=canceled.id), metadata=house.metadata
    )

    for payment_id, state, advice in (
        (waiting.id, "REQUIRES_PAYMENT_METHOD", "only a payment that requires capture"),
        (paid.id, "SUCCEEDED", "captured already"),
        (canceled.id, "CANCELED", "it is canceled"),
        (rejected.metadata["payment_id"], "FAILED", "only a payment that requires capture"),
    ):
        failed = await failure(capture(house, payment_id, f"c {state}"))
        again = await failure(capture(house, payment_id, f"c {state}"))
        assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "INVALID_STATE")
        assert (failed.metadata["payment_id"], failed.metadata["state"]) == (payment_id, state)
        assert advice in failed.message
        assert (failed.replayed, again.replayed, again.message) == (False, True, failed.message)


@pytest.mark.parametrize("payment_id", [NOBODY, "nonsense", "pi_1"])
async def test_what_does_not_exist_cannot_be_captured(house: House, payment_id: str) -> None:
    failed = await failure(capture(house, payment_id))

    assert (failed.code, failed.reason) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")
    assert repr(payment_id) in failed.message


async def test_a_key_is_for_one_capture(house: House) -> None:
    payment = await held(house)
    first = await capture(house, payment.id, amount=usd(6_000))

    failed = await failure(capture(house, payment.id, amount=usd(6_001)))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED")
    assert await capture(house, payment.id, amount=usd(6_000)) == first


async def test_a_capture_made_behind_our_back_is_followed(house: House) -> None:
    payment = await held(house)
    await house.behind_our_back(
        f"/v1/payment_intents/{payment.stripe_payment_intent_id}/capture", amount_to_capture="7000"
    )
    refused = await failure(capture(house, payment.id))
    assert (refused.reason, refused.metadata["stripe_code"]) == ("STRIPE_REJECTED", "payment_intent_unexpected_state")

    await house.record_all()
    await house.run("inbox")
    await house.settle_all()

    after = (await house.get(payment.id)).payment
    assert (after.state, after.amount_captured.amount_minor) == (payment_pb2.PAYMENT_STATE_SUCCEEDED, 7_000)
    await house.books_are_right()
    refund = await house.refund("r", payment.id)
    assert (refund.state, refund.amount.amount_minor) == (refund_pb2.REFUND_STATE_SUCCEEDED, 7_000)
