"""CreateRefund and reading refunds: what may be given back, at whose expense, and what it says when it may not."""

from typing import Any

import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2, refund_pb2, refund_service_pb2

from tests.integration.payments_service.application.house import PAY, House, failure

SUCCEEDED, FAILED = refund_pb2.REFUND_STATE_SUCCEEDED, refund_pb2.REFUND_STATE_FAILED
HELD: dict[str, Any] = {"capture_method": "CAPTURE_METHOD_MANUAL", **PAY}
NOBODY = "rfd_00000000000000000000000000"


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


def get(house: House, **key: str) -> Any:
    return house.refunds.GetRefund(refund_service_pb2.GetRefundRequest(**key), metadata=house.metadata)


async def listed(house: House, **fields: Any) -> list[str]:
    reply = await house.refunds.ListRefunds(refund_service_pb2.ListRefundsRequest(**fields), metadata=house.metadata)
    return [refund.id for refund in reply.refunds]


async def status_of_purchase(house: House) -> int:
    request = payment_service_pb2.GetPurchaseRequest(reference="order_1")
    status: int = (await house.payments.GetPurchase(request, metadata=house.metadata)).purchase.status
    return status


async def test_all_is_given_back_unless_told_otherwise(house: House) -> None:
    payment = (await house.create("k", owner_id="alice", **PAY)).payment

    refund = await house.refund("r", payment.id, reason="REFUND_REASON_REQUESTED_BY_CUSTOMER", metadata={"ticket": "7"})

    (body,) = (await house.stripe("/v1/refunds"))["data"]
    assert (refund.id[:4], refund.stripe_refund_id, refund.payment_id) == ("rfd_", body["id"], payment.id)
    assert (refund.state, refund.stripe_status, refund.amount.amount_minor) == (SUCCEEDED, "succeeded", 2_500)
    assert (refund.owner_id, refund.reference, refund.metadata["ticket"]) == ("alice", "order_1", "7")
    assert refund.stripe_balance_transaction_id == body["balance_transaction"]
    assert (body["reason"], body["metadata"]["ticket"]) == ("requested_by_customer", "7")
    assert (body["metadata"]["payments_refund_id"], body["metadata"]["payments_payment_id"]) == (refund.id, payment.id)
    assert refund.absorb_by == refund_pb2.ABSORB_BY_UNSPECIFIED
    assert (await house.get(payment.id)).payment.amount_refunded.amount_minor == 2_500
    assert await status_of_purchase(house) == payment_pb2.PURCHASE_STATUS_REFUNDED


async def test_part_after_part_until_nothing_is_left(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment

    for number, part in enumerate((1_000, 1_000, 500)):
        assert (await house.refund(f"r{number}", payment.id, amount=usd(part))).amount.amount_minor == part
        expected = (
            payment_pb2.PURCHASE_STATUS_PARTIALLY_REFUNDED if number < 2 else payment_pb2.PURCHASE_STATUS_REFUNDED
        )
        assert await status_of_purchase(house) == expected

    for fields in ({}, {"amount": usd(1)}):
        failed = await failure(house.refund(f"more {fields}", payment.id, **fields))
        assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "REFUND_EXCEEDS_CAPTURED")
        assert (failed.metadata["refundable_minor"], failed.metadata["currency"]) == ("0", "usd")
        again = await failure(house.refund(f"more {fields}", payment.id, **fields))
        assert (again.replayed, again.message) == (True, failed.message)
    await house.settle_all()
    await house.books_are_right()
    assert (await house.balances())["revenue:sales:usd"] == 0


async def test_what_was_not_captured_cannot_be_refunded(house: House) -> None:
    waiting = (await house.create("waiting")).payment.id
    held = (await house.create("held", **HELD)).payment.id
    canceled = (await house.create("canceled")).payment.id
    await house.payments.CancelPayment(
        payment_service_pb2.CancelPaymentRequest(idempotency_key="x", payment_id=canceled), metadata=house.metadata
    )

    for payment_id, state, advice in (
        (waiting, "REQUIRES_PAYMENT_METHOD", "cancel it instead"),
        (held, "REQUIRES_CAPTURE", "cancel it instead"),
        (canceled, "CANCELED", "it is canceled"),
    ):
        failed = await failure(house.refund(f"r {state}", payment_id))
        assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "INVALID_STATE")
        assert (failed.metadata["payment_id"], failed.metadata["state"]) == (payment_id, state)
        assert advice in failed.message


async def test_a_refund_is_in_the_currency_of_its_payment(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment

    failed = await failure(house.refund("r", payment.id, amount={"amount_minor": 5, "currency_code": "eur"}))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "CURRENCY_MISMATCH")
    assert (failed.metadata["payment_id"], failed.metadata["currency"]) == (payment.id, "usd")


@pytest.mark.parametrize("payment_id", ["pay_00000000000000000000000000", "nonsense", "pi_1"])
async def test_what_does_not_exist_cannot_be_refunded(house: House, payment_id: str) -> None:
    failed = await failure(house.refund("r", payment_id))

    assert (failed.code, failed.reason) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "field", "what"),
    [
        ({"absorb_by": "ABSORB_BY_CREATOR"}, "absorb_by", "payments to a connected account"),
        ({"reverse_transfer": True}, "reverse_transfer", "payments to a connected account"),
        ({"refund_platform_fee": True}, "refund_platform_fee", "payments to a connected account"),
        ({"amount": usd(0)}, "amount", "greater than 0"),
        ({"amount": usd(-1)}, "amount", "greater than 0"),
        ({"amount": {"amount_minor": 1, "currency_code": "u"}}, "amount.currency_code", "ISO 4217"),
        ({"reason": 99}, "reason", "must be one of"),
        ({"absorb_by": 99}, "absorb_by", "must be one of"),
        ({"metadata": {"payments_x": "1"}}, 'metadata["payments_x"]', "rename"),
    ],
)
async def test_a_field_that_cannot_be_is_named_and_the_key_stays_free(
    house: House, fields: dict[str, Any], field: str, what: str
) -> None:
    payment = (await house.create("k", **PAY)).payment

    failed = await failure(house.refund("r", payment.id, **fields))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert list(failed.fields) == [field]
    assert what in failed.fields[field]
    assert (await house.refund("r", payment.id)).state == SUCCEEDED


@pytest.mark.parametrize(
    ("fields", "field", "what"),
    [
        (
            {"absorb_by": "ABSORB_BY_PLATFORM", "reverse_transfer": True},
            "reverse_transfer",
            "does not go with absorb_by PLATFORM",
        ),
        (
            {"absorb_by": "ABSORB_BY_PLATFORM", "refund_platform_fee": True},
            "refund_platform_fee",
            "goes with reverse_transfer only",
        ),
        ({"reverse_transfer": False, "refund_platform_fee": True}, "refund_platform_fee", "reverse_transfer only"),
    ],
)
async def test_who_bears_a_refund_must_make_sense(house: House, fields: dict[str, Any], field: str, what: str) -> None:
    paid = (await house.sell("k", (await house.seller()).id)).payment

    failed = await failure(house.refund("r", paid.id, **fields))

    assert (failed.code, failed.reason, list(failed.fields)) == ("INVALID_ARGUMENT", "REQUEST_INVALID", [field])
    assert what in failed.fields[field]


@pytest.mark.parametrize(
    ("asked", "absorb_by", "reverses"),
    [
        ({}, refund_pb2.ABSORB_BY_CREATOR, True),
        ({"reverse_transfer": False}, refund_pb2.ABSORB_BY_CREATOR, False),
        ({"absorb_by": "ABSORB_BY_PLATFORM"}, refund_pb2.ABSORB_BY_PLATFORM, False),
        ({"absorb_by": "ABSORB_BY_PLATFORM", "reverse_transfer": False}, refund_pb2.ABSORB_BY_PLATFORM, False),
    ],
)
async def test_who_bears_a_refund_unless_told_otherwise(
    house: House, asked: dict[str, Any], absorb_by: int, reverses: bool
) -> None:
    paid = (await house.sell("k", (await house.seller()).id)).payment

    refund = await house.refund("r", paid.id, **asked)

    assert (refund.absorb_by, refund.reverse_transfer) == (absorb_by, reverses)
    assert bool(refund.stripe_transfer_reversal_id) is reverses


async def test_what_stripe_refuses_ends_its_reservation(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment
    # Somebody refunded it in the dashboard, and we have not heard of it yet.
    await house.behind_our_back("/v1/refunds", payment_intent=payment.stripe_payment_intent_id)

    failed = await failure(house.refund("r", payment.id))
    again = await failure(house.refund("r", payment.id))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "STRIPE_REJECTED")
    assert (failed.metadata["stripe_code"], again.replayed) == ("charge_already_refunded", True)
    refund = (await get(house, refund_id=failed.metadata["refund_id"])).refund
    assert (refund.state, refund.failure_reason) == (FAILED, "charge_already_refunded")
    # It holds nothing back: what is refused now is refused by Stripe again, not by a reservation.
    assert (await failure(house.refund("s", payment.id))).reason == "STRIPE_REJECTED"


async def test_a_refund_is_found_by_each_of_its_names(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment
    refund = await house.refund("r", payment.id)

    assert (await get(house, refund_id=refund.id)).refund == refund
    assert (await get(house, stripe_refund_id=refund.stripe_refund_id)).refund == refund
    for key in ({"refund_id": NOBODY}, {"refund_id": "x"}, {"stripe_refund_id": "re_1"}):
        failed = await failure(get(house, **key))
        assert (failed.code, failed.reason) == ("NOT_FOUND", "REFUND_NOT_FOUND")
    assert (await failure(get(house))).reason == "REQUEST_INVALID"


async def test_lists_go_newest_first_page_by_page_by_every_filter(house: House) -> None:
    one = (await house.create("one", owner_id="alice", **PAY)).payment
    two = (await house.create("two", owner_id="bob", **PAY)).payment
    of_one = [(await house.refund(f"a{number}", one.id, amount=usd(100))).id for number in range(5)]
    of_two = [(await house.refund("b", two.id)).id]
    await house.behind_our_back("/v1/refunds", payment_intent=one.stripe_payment_intent_id)
    await failure(house.refund("c", one.id))
    newest_first = [*of_two, *of_one[::-1]]

    assert (await listed(house, states=["REFUND_STATE_SUCCEEDED"])) == newest_first
    assert len(await listed(house, states=["REFUND_STATE_FAILED"])) == 1
    assert (await listed(house, payment_id=two.id)) == of_two
    assert (await listed(house, owner_id="bob")) == of_two
    assert (await listed(house, payment_id="nonsense")) == []
    seen: list[str] = []
    token = ""
    while True:
        request = refund_service_pb2.ListRefundsRequest(page_size=2, page_token=token, payment_id=one.id)
        page = await house.refunds.ListRefunds(request, metadata=house.metadata)
        seen += [refund.id for refund in page.refunds]
        token = page.next_page_token
        if not token:
            break
        other = refund_service_pb2.ListRefundsRequest(page_size=2, page_token=token)
        refused = await failure(house.refunds.ListRefunds(other, metadata=house.metadata))
        assert refused.reason == "PAGE_TOKEN_INVALID"
    assert seen[1:] == of_one[::-1]
