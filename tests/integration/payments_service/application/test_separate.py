"""Payments that are split among connected accounts: whom the money belongs to, through part captures and refunds."""

from typing import Any

from payments_api.v1 import account_pb2, payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import House, failure


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


SEPARATE: dict[str, Any] = {
    "amount": usd(10_000),
    "charge_model": "CHARGE_MODEL_SEPARATE",
    "platform_fee": usd(1_000),
    "payment_method": "pm_card_bypassPending",
    "confirm": True,
}


def splits(*parts: tuple[account_pb2.ConnectedAccount, int]) -> list[dict[str, Any]]:
    return [{"connected_account_id": account.id, "amount": usd(amount)} for account, amount in parts]


async def settled(house: House) -> dict[str, int]:
    """Every account that holds something, once all of Stripe's is booked and the mirrors are right."""
    await house.settle_all()
    await house.books_are_right()
    return {code: amount for code, amount in (await house.balances()).items() if amount}


async def test_a_payment_is_owed_to_those_whom_it_is_split_among(house: House) -> None:
    one, two = await house.seller("one"), await house.seller("two")
    payable = [f"creator:{seller.id}:payable:usd" for seller in (one, two)]
    paid = (await house.create("k", **SEPARATE, splits=splits((one, 6_000), (two, 2_000)))).payment
    assert paid.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert [split.amount.amount_minor for split in paid.splits] == [6_000, 2_000]
    await house.record_all()
    await house.run("inbox")

    assert await settled(house) == {
        "stripe:usd": 9_680,
        "expense:stripe_fee:usd": 320,
        payable[0]: 6_000,
        payable[1]: 2_000,
        "revenue:platform_fee:usd": 1_000,
        "unallocated:usd": 1_000,
    }
    # Whatever is refunded in whatever parts, each bears its share of the sum, to the cent.
    await house.refund("r1", paid.id, amount=usd(3_333))
    await house.refund("r2", paid.id, amount=usd(1))
    assert await settled(house) == {
        "stripe:usd": 6_346,
        "expense:stripe_fee:usd": 320,
        payable[0]: 4_000,
        payable[1]: 1_333,
        "revenue:platform_fee:usd": 666,
        "unallocated:usd": 667,
    }
    await house.refund("r3", paid.id, amount=usd(666), absorb_by="ABSORB_BY_PLATFORM")
    back = await house.refund("r4", paid.id)
    assert back.amount.amount_minor == 6_000
    assert await settled(house) == {
        "stripe:usd": -320,
        "expense:stripe_fee:usd": 320,
        "expense:refund_absorbed:usd": 666,
        payable[0]: 400,
        payable[1]: 133,
        "revenue:platform_fee:usd": 66,
        "unallocated:usd": 67,
    }
    await house.control("POST", f"/refunds/{back.stripe_refund_id}/fail")
    assert (await settled(house))[payable[0]] == 4_000


async def test_a_part_that_is_captured_is_shared_in_proportion(house: House) -> None:
    one, two = await house.seller("one"), await house.seller("two")
    shares = splits((one, 6_000), (two, 3_000))
    held = (await house.create("k", **SEPARATE, splits=shares, capture_method="CAPTURE_METHOD_MANUAL")).payment
    request = payment_service_pb2.CapturePaymentRequest(idempotency_key="c", payment_id=held.id, amount=usd(5_555))
    await house.payments.CapturePayment(request, metadata=house.metadata)

    assert await settled(house) == {
        "stripe:usd": 5_555 - 191,
        "expense:stripe_fee:usd": 191,
        f"creator:{one.id}:payable:usd": 3_333,
        f"creator:{two.id}:payable:usd": 1_667,
        "revenue:platform_fee:usd": 555,
    }


async def test_what_is_transferred_is_no_longer_owed(house: House) -> None:
    one = await house.seller("one")
    account = one.stripe_account_id
    split = (await house.create("split", **SEPARATE, splits=splits((one, 8_500)))).payment
    later = (await house.create("later", **{**SEPARATE, "platform_fee": usd(0)})).payment
    await settled(house)
    charges = [(await house.get(payment.id)).payment.stripe_charge_id for payment in (split, later)]
    order = {"amount": "8500", "currency": "usd", "destination": account}

    await house.behind_our_back("/v1/transfers", **order, source_transaction=charges[0])
    after = await settled(house)
    assert f"creator:{one.id}:payable:usd" not in after
    assert (after["unallocated:usd"], after["revenue:platform_fee:usd"]) == (500 + 10_000, 1_000)

    # Of a payment that nobody has split, the transfer itself says who gets what.
    transfer = await house.behind_our_back("/v1/transfers", **order, source_transaction=charges[1])
    after = await settled(house)
    assert after["unallocated:usd"] == 500 + 1_500
    assert not [code for code in after if code.startswith(("receivable:", "creator:", "suspense:"))]
    await house.behind_our_back(f"/v1/transfers/{transfer['id']}/reversals", amount="500")
    after = await settled(house)
    assert after["unallocated:usd"] == 500 + 2_000
    assert after[f"connected:{one.id}:earnings:usd"] == 16_500


async def test_what_cannot_be_split_is_refused(house: House) -> None:
    one = await house.seller("one")
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"splits": splits((one, 9_001))}, "REQUEST_INVALID", "splits"),
        ({"splits": splits((one, 1), (one, 1))}, "REQUEST_INVALID", "splits[1].connected_account_id"),
        ({"splits": [{"connected_account_id": one.id, "amount": usd(0)}]}, "REQUEST_INVALID", "splits[0]"),
        ({"connected_account_id": one.id}, "REQUEST_INVALID", ""),
        ({"charge_model": "CHARGE_MODEL_PLATFORM", "splits": splits((one, 1))}, "REQUEST_INVALID", ""),
        ({"splits": [{"connected_account_id": "acn_0", "amount": usd(1)}]}, "ACCOUNT_NOT_FOUND", ""),
    ]
    for number, (fields, reason, field) in enumerate(cases):
        refused = await failure(house.create(f"k{number}", **(SEPARATE | fields)))
        assert (refused.reason, refused.code) in {
            ("REQUEST_INVALID", "INVALID_ARGUMENT"),
            ("ACCOUNT_NOT_FOUND", "NOT_FOUND"),
        }
        assert refused.reason == reason, fields
        assert not field or list(refused.fields) == [field]
    assert await house.intents() == []
