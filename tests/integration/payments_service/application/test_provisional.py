"""Payments that Stripe shows as paid before it has booked them: in the books at once, and once.

The sandbox captures asynchronously: its clock has to move on before a charge has a balance transaction.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from payments_api.v1 import payment_pb2

from payments_service.application.follow.follower import Follower
from payments_service.application.follow.news import Fetcher, Wanted
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.processors.stripe.adapter import StripeAdapter
from stripe_sandbox.settings import SandboxSettings
from tests.integration.payments_service.application.house import PAY, House

HOUR_SECONDS = 3600
STANDING = "SELECT charge_id FROM provisional_charges WHERE state = 'STANDING'"
TEN = {"amount": {"amount_minor": 10_000, "currency_code": "usd"}}


@pytest.fixture
def sandbox_settings() -> SandboxSettings:
    """Stripe books an hour after the customer has paid, so that nothing here depends on how fast the machine is."""
    return SandboxSettings(address="127.0.0.1:0", log_level="warning", capture_delay_ms=HOUR_SECONDS * 1000)


async def settle_all(house: House) -> None:
    """Stripe books what it has to book, and so do we."""
    await house.control("POST", "/clock/advance", {"seconds": HOUR_SECONDS})
    await house.settle_all()


async def notice(house: House, copy: str = "") -> None:
    """Every event so far is applied; with a name for the copy as a twin, which Stripe sends under another id."""
    for event in await house.stripe_events():
        await house.record({**event, "id": event["id"] + copy})
    while await house.run("inbox"):
        pass


async def references(house: House) -> list[str]:
    """The references in the ledger without Stripe's ids, sorted."""
    rows = await house.sql("SELECT reference FROM ledger_transactions")
    return sorted(":".join(part for part in row.reference.split(":") if "_" not in part) for row in rows)


async def test_a_paid_purchase_is_in_the_books_before_stripe_books_it(house: House) -> None:
    seller = await house.seller()
    await house.create("sale", **TEN, **PAY)
    await house.sell("sold", seller.id)
    await notice(house)

    assert await house.balances() == {
        "stripe_unsettled:usd": 20_000,
        "revenue:sales:usd": 10_000,
        f"creator:{seller.id}:payable:usd": 10_000,
    }
    await settle_all(house)

    assert await house.balances() == {
        "stripe_unsettled:usd": 0,
        "stripe:usd": 9_680 + 680,
        "expense:stripe_fee:usd": 640,
        "revenue:sales:usd": 10_000,
        "revenue:platform_fee:usd": 1_000,
        f"creator:{seller.id}:payable:usd": 0,
        f"connected:{seller.id}:stripe:usd": 9_000,
        f"connected:{seller.id}:fees:usd": 1_000,
        f"connected:{seller.id}:earnings:usd": 10_000,
    }
    assert await house.sql(STANDING) == []
    await house.books_are_right()


async def test_however_often_it_is_noticed_it_is_booked_once(house: House) -> None:
    payment = (await house.create("k", **TEN, **PAY)).payment
    for copy in ("", "a", "b"):
        await notice(house, copy)
    await asyncio.gather(*(_follow(house, payment) for _ in range(5)))

    assert await references(house) == ["charge:gross"]

    await settle_all(house)
    await notice(house, "c")

    assert await references(house) == ["charge:gross", "stripe"]
    assert (await house.balances())["stripe_unsettled:usd"] == 0


async def test_what_is_settled_first_is_not_booked_provisionally(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = (await house.create("k", **TEN, **PAY)).payment
    await settle_all(house)
    fetch = StripeAdapter.fetch_intent

    async def as_it_was(self: StripeAdapter, intent_id: str, stripe_account: str = "") -> Any:
        """What a fetch saw just before Stripe booked it."""
        body = await fetch(self, intent_id, stripe_account)
        assert body is not None
        return {**body, "latest_charge": {**body["latest_charge"], "balance_transaction": None}}

    await house.sql("UPDATE payments SET balance_transaction_id = ''")
    monkeypatch.setattr(StripeAdapter, "fetch_intent", as_it_was)
    await _follow(house, payment)

    assert await references(house) == ["stripe"]
    assert "stripe_unsettled:usd" not in await house.balances()


async def test_a_charge_that_fails_late_is_taken_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = await house.seller()
    payment = (await house.sell("k", seller.id)).payment
    await notice(house)
    fetch = StripeAdapter.fetch_intent

    async def failed(self: StripeAdapter, intent_id: str, stripe_account: str = "") -> Any:
        body = await fetch(self, intent_id, stripe_account)
        assert body is not None
        return {**body, "latest_charge": {**body["latest_charge"], "status": "failed"}}

    with monkeypatch.context() as patch:
        patch.setattr(StripeAdapter, "fetch_intent", failed)
        for _ in range(2):
            await _follow(house, payment)

    assert await references(house) == ["charge:gross", "charge:gross:reversed"]
    assert set((await house.balances()).values()) == {0}
    # Whatever Stripe books of it all the same is booked like any other.
    await settle_all(house)
    assert (await house.balances())["stripe:usd"] == 680
    assert (await house.balances())["stripe_unsettled:usd"] == 0
    await house.books_are_right()


async def test_settlement_in_another_currency_takes_the_provisional_one_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.create("k", amount={"amount_minor": 10_000, "currency_code": "eur"}, **PAY)
    await notice(house)
    assert (await house.balances())["stripe_unsettled:eur"] == 10_000
    read = StripeAdapter.balance_transactions

    async def in_usd(self: StripeAdapter, account: str, *, since: datetime | None, after: str) -> Any:
        rows, more = await read(self, account, since=since, after=after)
        return [_settled_in_usd(row) for row in rows], more

    monkeypatch.setattr(StripeAdapter, "balance_transactions", in_usd)
    await settle_all(house)

    assert await house.balances() == {
        "stripe_unsettled:eur": 0,
        "revenue:sales:eur": 0,
        "stripe:usd": 10_457,
        "expense:stripe_fee:usd": 343,
        "revenue:sales:usd": 10_800,
    }
    assert await references(house) == ["charge:gross", "charge:gross:reversed", "stripe"]


def _settled_in_usd(row: BalanceTransaction) -> BalanceTransaction:
    fees = (replace(row.fee_details[0], amount=343),)
    return replace(row, currency="usd", amount=10_800, fee=343, net=10_457, exchange_rate="1.08", fee_details=fees)


async def _follow(house: House, payment: payment_pb2.Payment) -> None:
    """What an event about the payment leads to."""
    wanted = Wanted(intents=frozenset({payment.stripe_payment_intent_id}))
    await Follower(house.core.transactions, Fetcher(house.core.stripe)).follow(wanted)
