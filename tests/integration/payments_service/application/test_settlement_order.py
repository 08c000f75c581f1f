"""The books end up right whatever the order in which accounts and pages are settled.

Pages are read newest first and hold three rows here, so a reversal comes up before the transfer that it reverses.
"""

import itertools
from typing import Any

import pytest
from payments_api.v1 import account_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import House
from tests.integration.payments_service.application.wire import Wire

BOTH: dict[str, Any] = {"absorb_by": "ABSORB_BY_CREATOR", "reverse_transfer": True, "refund_platform_fee": True}
PLATFORM, ONE, TWO = range(3)
ROWS = {PLATFORM: 4 * 3 + (3 + 2 + 3 + 1), ONE: 2 + 2, TWO: 2 + 1}
"""Balance transactions at Stripe after all that `business` does: those of four sales (charge, transfer, fee), and those
of the refunds (with transfer and fee, with the transfer, with both, with neither); on the sellers' accounts one each.
"""


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


async def business(house: House) -> list[account_pb2.ConnectedAccount]:
    """Two sellers' sales, a partial capture, and refunds at everybody's expense; nothing of it is booked yet."""
    one, two = await house.seller("one"), await house.seller("two")
    part = (await house.sell("part", one.id)).payment
    await house.refund("part", part.id, amount=usd(4_000), **BOTH)
    whole = (await house.sell("whole", one.id)).payment
    await house.refund("whole", whole.id, absorb_by="ABSORB_BY_CREATOR")
    held = (await house.sell("held", two.id, capture_method="CAPTURE_METHOD_MANUAL")).payment
    await house.payments.CapturePayment(
        payment_service_pb2.CapturePaymentRequest(idempotency_key="c", payment_id=held.id, amount=usd(6_000)),
        metadata=house.metadata,
    )
    await house.refund("held", held.id, **BOTH)
    mine = (await house.sell("mine", two.id)).payment
    await house.refund("mine", mine.id, amount=usd(3_000), absorb_by="ABSORB_BY_PLATFORM")
    await house.control("POST", "/clock/advance", {"seconds": 1})
    return [one, two]


async def settle_only(house: House, stripe_account: str) -> None:
    """Settle one account while the others have to wait."""
    await house.sql("UPDATE stripe_accounts SET lease_until = now() + interval '1 hour'")
    due = "UPDATE stripe_accounts SET settle_time = NULL, lease_until = now() WHERE stripe_account = :name"
    await house.sql(due, name=stripe_account)
    await house.run("settlement")


async def books_are_as_expected(house: House, sellers: list[account_pb2.ConnectedAccount]) -> None:
    """The figures of `business`, worked out by hand."""
    one, two = sellers
    assert {code: amount for code, amount in (await house.balances()).items() if amount} == {
        "stripe:usd": -1_564,
        "expense:stripe_fee:usd": 320 + 320 + 204 + 320,
        "expense:refund_absorbed:usd": 3_000,
        "revenue:platform_fee:usd": 600 + 1_000 + 0 + 1_000,
        f"connected:{one.id}:stripe:usd": 5_400 - 1_000,
        f"connected:{one.id}:earnings:usd": 6_000,
        f"connected:{one.id}:fees:usd": 600 + 1_000,
        f"connected:{two.id}:stripe:usd": 9_000,
        f"connected:{two.id}:earnings:usd": 10_000,
        f"connected:{two.id}:fees:usd": 1_000,
    }
    for name, rows in ROWS.items():
        stripe_account = "" if name == PLATFORM else sellers[name - 1].stripe_account_id
        booked = await house.sql(
            "SELECT id FROM stripe_balance_transactions WHERE stripe_account = :name", name=stripe_account
        )
        at_stripe = (await house.stripe("/v1/balance_transactions", stripe_account, limit="100"))["data"]
        assert {row.id for row in booked} == {row["id"] for row in at_stripe}
        assert len(at_stripe) == rows
    payables = [amount for code, amount in (await house.balances()).items() if code.endswith("payable:usd")]
    assert payables == [0, 0]
    await house.books_are_right()


@pytest.mark.parametrize(
    "order",
    list(itertools.permutations((PLATFORM, ONE, TWO))),
    ids=lambda order: " ".join(("platform", "one", "two")[number] for number in order),
)
async def test_accounts_are_settled_in_any_order(house: House, order: tuple[int, ...]) -> None:
    sellers = await business(house)
    names = ["", *(seller.stripe_account_id for seller in sellers)]

    for number in order:
        await settle_only(house, names[number])

    await books_are_as_expected(house, sellers)
    for number in order[::-1]:
        await settle_only(house, names[number])
    await books_are_as_expected(house, sellers)


async def test_a_reversal_that_comes_up_before_its_transfer_is_looked_up(house: House) -> None:
    sellers = await business(house)
    wire = Wire(house)

    await settle_only(house, "")

    looked_up = [path for path in wire.gets if path.startswith("/v1/transfers/")]
    assert looked_up
    assert len(looked_up) == len(set(looked_up))
    # One of each seller at least: they must not be taken for each other's.
    transfers = [await house.stripe(path) for path in looked_up]
    assert {body["destination"] for body in transfers} <= {seller.stripe_account_id for seller in sellers}
    reversals = await house.sql(
        "SELECT connected_account_id, sum(amount_minor) AS amount FROM stripe_balance_transactions "
        "WHERE type = 'transfer_refund' GROUP BY 1 ORDER BY 2"
    )
    assert [int(row.amount) for row in reversals] == [6_000, 14_000]
    for seller in sellers:
        await settle_only(house, seller.stripe_account_id)
    await books_are_as_expected(house, sellers)


async def test_a_reversal_whose_transfer_is_booked_needs_no_look(house: House) -> None:
    seller = await house.seller("one")
    paid = (await house.sell("k", seller.id)).payment
    await house.settle_all()
    await house.refund("r", paid.id, **BOTH)
    wire = Wire(house)

    await house.settle_all()

    assert [path for path in wire.gets if path.startswith("/v1/transfers/")] == []
    await house.books_are_right()
    assert (await house.balances())[f"creator:{seller.id}:payable:usd"] == 0


@pytest.mark.parametrize("path", ["/v1/transfers/{id}", "/v1/balance_transactions"])
async def test_a_settlement_that_is_cut_off_anywhere_is_taken_up_again(house: House, path: str) -> None:
    sellers = await business(house)
    await house.control("DELETE", "/faults?seed=11")
    fault = {"effect": "reset_before", "method": "GET", "path": path, "probability": 0.5}
    fault = await house.control("POST", "/faults", fault)
    for _ in range(6):
        await house.settle()
    rule = next(each for each in (await house.control("GET", "/faults"))["data"] if each["id"] == fault["id"])
    assert rule["struck"] > 0
    await house.control("DELETE", f"/faults/{fault['id']}")

    await house.settle_all()

    await books_are_as_expected(house, sellers)


async def test_what_happens_between_two_settlements_of_an_account_is_booked_by_the_next(house: House) -> None:
    seller = await house.seller("one")
    paid = (await house.sell("k", seller.id)).payment
    await settle_only(house, seller.stripe_account_id)
    for number in range(4):
        await house.refund(f"r{number}", paid.id, amount=usd(1_000), **BOTH)
        await house.control("POST", "/clock/advance", {"seconds": 1})
        await settle_only(house, seller.stripe_account_id if number % 2 else "")

    await house.settle_all()

    balances = await house.balances()
    assert balances[f"connected:{seller.id}:stripe:usd"] == 5_400
    assert balances["stripe:usd"] == 280
    assert balances[f"creator:{seller.id}:payable:usd"] == 0
    await house.books_are_right()
