"""Settlement under load: bursts, long lists, workers that die; and accounts that come to owe something."""

import pytest

from payments_service.application.settlement.settle import LEASE_SECONDS
from payments_service.observability.metrics import REGISTRY
from payments_service.processors.stripe.adapter import StripeAdapter
from tests.integration.payments_service.application.house import PAY, House
from tests.integration.payments_service.application.wire import Wire

LISTED = "/v1/balance_transactions"
SALES = 20


async def burst(house: House) -> None:
    """Sales whose events are all applied."""
    for number in range(SALES):
        await house.create(f"k{number}", **PAY)
    await house.control("POST", "/clock/advance", {"seconds": 1})
    await house.record_all()
    while await house.run("inbox"):
        pass


async def test_a_burst_of_events_leads_to_one_listing(house: House) -> None:
    await burst(house)
    for _ in range(5):
        await house.core.transactions.run(lambda unit: unit.settlement.mark_due([""]))
    wire = Wire(house)

    await house.run("settlement")
    once = list(wire.gets)
    await house.run("settlement")

    # Each page once, and not a single payment is asked for again: the list itself says what they lack.
    assert once == [LISTED] * -(-SALES // house.settings.stripe_page_size)
    assert wire.gets == once
    assert len(await house.sql("SELECT 1 FROM stripe_balance_transactions")) == SALES
    bare = await house.sql("SELECT 1 FROM payments WHERE balance_transaction_id = ''")
    assert bare == []
    await house.books_are_right()


class _Killed(BaseException):
    """Stands for the process dying."""


async def test_a_worker_that_dies_keeps_an_account_for_half_a_minute_at_most(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await burst(house)
    read = StripeAdapter.balance_transactions
    pages = 0

    async def die(self: StripeAdapter, account: str, **fields: object) -> object:
        nonlocal pages
        pages += 1
        if pages > 3:
            raise _Killed
        return await read(self, account, **fields)  # type: ignore[arg-type]  # the same fields

    with monkeypatch.context() as patch:
        patch.setattr(StripeAdapter, "balance_transactions", die)
        with pytest.raises(_Killed):
            await house.run("settlement")

    (left,) = await house.sql(
        "SELECT extract(epoch FROM lease_until - clock_timestamp())::float8 AS seconds, settled_through "
        "FROM stripe_accounts WHERE stripe_account = ''"
    )
    assert left.seconds <= LEASE_SECONDS == 30
    assert left.settled_through is None
    assert await house.run("settlement") == 0
    await house.sql("UPDATE stripe_accounts SET lease_until = clock_timestamp()")
    await house.run("settlement")
    assert len(await house.sql("SELECT 1 FROM stripe_balance_transactions")) == SALES
    await house.books_are_right()


async def test_a_refund_after_the_payout_is_owed_and_the_next_sale_pays_it(house: House) -> None:
    seller = await house.seller()
    payable, owed = f"creator:{seller.id}:payable:usd", f"receivable:{seller.id}:usd"
    mirror = f"connected:{seller.id}:stripe:usd"
    sold = {"payment_method": "pm_card_bypassPending"}
    kept, reversed_ = [(await house.sell(key, seller.id, **sold)).payment for key in ("one", "two")]
    await house.settle_all()
    await house.behind_our_back("/v1/payouts", seller.stripe_account_id, amount="18000", currency="usd")
    await house.settle_all()
    assert (await house.balances())[mirror] == 0

    before = REGISTRY.get_sample_value("payments_negative_balances_total", {"currency": "usd"}) or 0
    await house.refund("r1", reversed_.id, absorb_by="ABSORB_BY_CREATOR", refund_platform_fee=True)
    await house.settle_all()
    # Taken back from the seller's balance at Stripe, which is below zero now: the platform's books are even.
    balances = await house.balances()
    assert (balances[mirror], balances[payable], balances.get(owed, 0)) == (-9_000, 0, 0)
    assert (REGISTRY.get_sample_value("payments_negative_balances_total", {"currency": "usd"}) or 0) > before
    await house.books_are_right()

    await house.refund("r2", kept.id, absorb_by="ABSORB_BY_CREATOR", reverse_transfer=False)
    await house.settle_all()
    balances = await house.balances()
    assert (balances[mirror], balances[payable], balances.get(owed, 0)) == (-9_000, 0, 10_000)

    separate = {
        "amount": {"amount_minor": 8_000, "currency_code": "usd"},
        "charge_model": "CHARGE_MODEL_SEPARATE",
        "splits": [
            {"connected_account_id": seller.id, "amount": {"amount_minor": 7_000, "currency_code": "usd"}},
        ],
    }
    await house.create("next", **separate, **PAY)
    await house.settle_all()
    balances = await house.balances()
    assert (balances[payable], balances.get(owed, 0)) == (0, 3_000)
    await house.books_are_right()
