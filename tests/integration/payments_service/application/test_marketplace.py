"""Purchases from connected accounts: every figure in Stripe's balance transactions and in the ledger.

The figures are those of US cards: 2.9 % + 30 cents, so 3.20 of 100.00.
"""

from typing import Any

import pytest
from payments_api.v1 import fee_service_pb2, payment_pb2, payment_service_pb2, refund_pb2

from tests.integration.payments_service.application.house import House

BOTH = {"absorb_by": "ABSORB_BY_CREATOR", "reverse_transfer": True, "refund_platform_fee": True}


async def lines(house: House, stripe_account: str = "") -> list[tuple[str, int, int, int]]:
    """Type, amount, fee and net of Stripe's balance transactions, oldest first."""
    found = await house.stripe("/v1/balance_transactions", stripe_account, limit="100")
    return [(row["type"], row["amount"], row["fee"], row["net"]) for row in found["data"]][::-1]


async def test_a_destination_charge_is_booked_on_both_sides(house: House) -> None:
    seller = await house.seller()
    paid = (await house.sell("k1", seller.id)).payment
    await house.settle_all()

    assert await lines(house) == [
        ("charge", 10_000, 320, 9_680),
        ("transfer", -10_000, 0, -10_000),
        ("application_fee", 1_000, 0, 1_000),
    ]
    assert await lines(house, seller.stripe_account_id) == [("payment", 10_000, 1_000, 9_000)]
    assert await house.balances() == {
        "stripe:usd": 680,
        "expense:stripe_fee:usd": 320,
        f"creator:{seller.id}:payable:usd": 0,
        "revenue:platform_fee:usd": 1_000,
        f"connected:{seller.id}:stripe:usd": 9_000,
        f"connected:{seller.id}:fees:usd": 1_000,
        f"connected:{seller.id}:earnings:usd": 10_000,
    }
    await house.books_are_right()
    payment = (await house.get(paid.id)).payment
    assert payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert payment.connected_account_id == seller.id
    assert payment.platform_fee.amount_minor == 1_000
    assert payment.stripe_transfer_id.startswith("tr_")
    assert payment.stripe_application_fee_id.startswith("fee_")


@pytest.mark.parametrize(
    ("asked", "platform", "connected", "ledger"),
    [
        pytest.param(
            {"absorb_by": "ABSORB_BY_PLATFORM"},
            [("refund", -10_000, 0, -10_000)],
            [],
            {"stripe:usd": -9_320, "expense:refund_absorbed:usd": 10_000, "payable": 0, "earnings": 10_000},
            id="the platform bears it",
        ),
        pytest.param(
            {"absorb_by": "ABSORB_BY_CREATOR", "reverse_transfer": False},
            [("refund", -10_000, 0, -10_000)],
            [],
            {"stripe:usd": -9_320, "payable": 0, "receivable": 10_000, "earnings": 10_000},
            id="the seller owes it",
        ),
        pytest.param(
            {"absorb_by": "ABSORB_BY_CREATOR"},
            [("refund", -10_000, 0, -10_000), ("transfer_refund", 10_000, 0, 10_000)],
            [("payment_refund", -10_000, 0, -10_000)],
            {"stripe:usd": 680, "payable": 0, "earnings": 0, "revenue:platform_fee:usd": 1_000, "mirror": -1_000},
            id="the seller's share is taken back",
        ),
        pytest.param(
            BOTH,
            [
                ("refund", -10_000, 0, -10_000),
                ("transfer_refund", 10_000, 0, 10_000),
                ("application_fee_refund", -1_000, 0, -1_000),
            ],
            [("payment_refund", -10_000, -1_000, -9_000)],
            {"stripe:usd": -320, "payable": 0, "earnings": 0, "revenue:platform_fee:usd": 0, "mirror": 0, "fees": 0},
            id="and the platform's fee given back",
        ),
        pytest.param(
            {**BOTH, "amount": {"amount_minor": 4_000, "currency_code": "usd"}},
            [
                ("refund", -4_000, 0, -4_000),
                ("transfer_refund", 4_000, 0, 4_000),
                ("application_fee_refund", -400, 0, -400),
            ],
            [("payment_refund", -4_000, -400, -3_600)],
            {"stripe:usd": 280, "payable": 0, "earnings": 6_000, "revenue:platform_fee:usd": 600, "mirror": 5_400},
            id="a part of it",
        ),
    ],
)
async def test_a_refund_of_a_destination_charge_is_booked_at_the_right_expense(
    house: House,
    asked: dict[str, Any],
    platform: list[tuple[str, int, int, int]],
    connected: list[tuple[str, int, int, int]],
    ledger: dict[str, int],
) -> None:
    seller = await house.seller()
    paid = (await house.sell("k1", seller.id)).payment
    await house.settle_all()
    refund = await house.refund("r1", paid.id, **asked)
    assert refund.state == refund_pb2.REFUND_STATE_SUCCEEDED
    await house.settle_all()

    assert sorted((await lines(house))[3:]) == sorted(platform)
    assert (await lines(house, seller.stripe_account_id))[1:] == connected
    names = {
        "payable": f"creator:{seller.id}:payable:usd",
        "receivable": f"receivable:{seller.id}:usd",
        "earnings": f"connected:{seller.id}:earnings:usd",
        "mirror": f"connected:{seller.id}:stripe:usd",
        "fees": f"connected:{seller.id}:fees:usd",
    }
    balances = await house.balances()
    assert {name: balances.get(names.get(name, name), 0) for name in ledger} == ledger
    assert not [code for code in balances if "suspense" in code]
    await house.books_are_right()
    payment = (await house.get(paid.id)).payment
    assert payment.amount_refunded.amount_minor == refund.amount.amount_minor


async def test_a_partial_capture_is_booked_with_the_fee_in_proportion(house: House) -> None:
    seller = await house.seller()
    held = (await house.sell("k1", seller.id, capture_method="CAPTURE_METHOD_MANUAL")).payment
    assert held.state == payment_pb2.PAYMENT_STATE_REQUIRES_CAPTURE
    assert held.amount_capturable.amount_minor == 10_000
    captured = (
        await house.payments.CapturePayment(
            payment_service_pb2.CapturePaymentRequest(
                idempotency_key="c1", payment_id=held.id, amount={"amount_minor": 6_000, "currency_code": "usd"}
            ),
            metadata=house.metadata,
        )
    ).payment
    assert captured.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert (captured.amount_captured.amount_minor, captured.amount_refunded.amount_minor) == (6_000, 0)
    assert captured.platform_fee.amount_minor == 600
    await house.settle_all()

    assert await lines(house) == [
        ("charge", 6_000, 204, 5_796),
        ("transfer", -6_000, 0, -6_000),
        ("application_fee", 600, 0, 600),
    ]
    assert await lines(house, seller.stripe_account_id) == [("payment", 6_000, 600, 5_400)]
    balances = await house.balances()
    assert balances["stripe:usd"] == 396
    assert balances[f"connected:{seller.id}:stripe:usd"] == 5_400
    await house.books_are_right()


async def test_the_fees_of_a_purchase_show_both_sides(house: House) -> None:
    seller = await house.seller()
    paid = (await house.sell("k1", seller.id)).payment
    await house.refund("r1", paid.id, **BOTH, amount={"amount_minor": 4_000, "currency_code": "usd"})
    await house.settle_all()
    reply = await house.fees.GetPaymentFees(
        fee_service_pb2.GetPaymentFeesRequest(payment_id=paid.id), metadata=house.metadata
    )
    (fees,) = reply.fees
    figures = {
        name: getattr(fees, name).amount_minor
        for name in ("gross", "fees", "refunded", "transferred", "platform_fee", "net")
    }
    assert figures == {
        "gross": 10_000,
        "fees": 320,
        "refunded": 4_000,
        "transferred": 6_000,
        "platform_fee": 600,
        "net": 280,
    }
    share = fees.connected_share
    assert [money.amount_minor for money in (share.gross, share.fees, share.refunded, share.net)] == [
        10_000,
        600,
        4_000,
        5_400,
    ]
