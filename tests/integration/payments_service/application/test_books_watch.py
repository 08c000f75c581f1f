"""What the books' watch tells the metrics that alerts are made of."""

from payments_service.application.settlement.ports import Standing
from payments_service.observability.metrics import REGISTRY
from tests.integration.payments_service.application.house import PAY, House

TEN = {"amount": {"amount_minor": 10_000, "currency_code": "usd"}}


async def standing(house: House) -> Standing:
    return await house.core.transactions.run(lambda unit: unit.standing.standing())


async def test_what_stands_in_the_books_is_told_until_it_does_not(house: House) -> None:
    await house.run("books_watch")
    assert await standing(house) == Standing({}, {}, 0, 0)

    seller = await house.seller()
    paid = (await house.sell("sold", seller.id, payment_method="pm_card_bypassPending")).payment
    await house.settle_all()
    await house.behind_our_back("/v1/payouts", amount="100", currency="usd")
    await house.refund("r", paid.id, absorb_by="ABSORB_BY_CREATOR", reverse_transfer=False)
    card = {"payment_method": "pm_card_bypassPending", "confirm": "true", "return_url": "https://shop.example"}
    await house.behind_our_back("/v1/payment_intents", amount="5000", currency="usd", **card)
    await house.settle_all()
    await house.run("books_watch")

    seen = await standing(house)
    assert (seen.suspense, seen.receivable) == ({"usd": 5_000}, {"usd": 10_000})
    assert seen.in_transit_seconds > 0
    assert REGISTRY.get_sample_value("payments_suspense_minor", {"currency": "usd"}) == 5_000
    assert REGISTRY.get_sample_value("payments_receivable_minor", {"currency": "usd"}) == 10_000
    assert (REGISTRY.get_sample_value("payments_in_transit_oldest_seconds") or 0) > 0


async def test_the_oldest_payout_is_the_oldest_that_is_not_covered(house: House) -> None:
    await house.create("k", **TEN, **{**PAY, "payment_method": "pm_card_bypassPending"})
    await house.settle_all()
    first = await house.behind_our_back("/v1/payouts", amount="1000", currency="usd")
    await house.settle_all()
    await house.behind_our_back("/v1/payouts", amount="500", currency="usd")
    await house.settle_all()
    await house.control("POST", f"/payouts/{first['id']}/fail", {})
    await house.settle_all()

    after = (await standing(house)).in_transit_seconds

    _, second = await house.sql(
        "SELECT extract(epoch FROM clock_timestamp() - e.record_time)::float8 AS age "
        "FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id "
        "WHERE a.code = 'payouts_in_transit:usd' AND e.side = 1 ORDER BY e.version"
    )
    assert 0 < after <= second.age
