"""What a settlement costs when an account is busy, and what Stripe shows late: it is booked all the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from payments_service.application.settlement import recheck
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.observability.metrics import REGISTRY
from payments_service.processors.stripe.adapter import StripeAdapter
from tests.integration.payments_service.application.house import PAY, House
from tests.integration.payments_service.application.wire import Wire

LISTED = "/v1/balance_transactions"
PAGE = 3
"""Rows a page in these tests."""


async def sales(house: House, first: int, count: int) -> None:
    """Sales that Stripe has booked, later than everything before."""
    await house.control("POST", "/clock/advance", {"seconds": 1})
    for number in range(first, first + count):
        await house.create(f"k{number}", **PAY)
    await house.control("POST", "/clock/advance", {"seconds": 1})


async def booked(house: House) -> int:
    return len(await house.sql("SELECT 1 FROM stripe_balance_transactions"))


async def late_row(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A balance transaction that Stripe does not list until more than a page of younger ones are booked."""
    await sales(house, 0, 1)
    late = str((await house.stripe(LISTED))["data"][0]["id"])
    read = StripeAdapter.balance_transactions

    async def without(self: StripeAdapter, account: str, **fields: Any) -> Any:
        rows, more = await read(self, account, **fields)
        return [row for row in rows if row.id != late], more

    with monkeypatch.context() as patch:
        patch.setattr(StripeAdapter, "balance_transactions", without)
        for first in (1, 1 + PAGE):
            await sales(house, first, PAGE)
            await house.settle()
    assert await booked(house) == 2 * PAGE
    return late


async def test_a_settlement_reads_what_is_new_and_one_page_more(house: House) -> None:
    assert house.settings.stripe_page_size == PAGE
    for first in range(0, 4 * PAGE, PAGE):
        await sales(house, first, PAGE)
    await sales(house, 4 * PAGE, 1)
    await house.settle()
    wire = Wire(house)
    await house.settle()
    assert wire.gets == [LISTED]

    await sales(house, 4 * PAGE + 1, 1)
    wire = Wire(house)
    await house.settle()

    # One with the new row, and one that shows that there is no more to come.
    assert wire.gets.count(LISTED) == 2
    assert await booked(house) == 4 * PAGE + 2
    await house.books_are_right()


async def test_of_the_last_second_everything_is_listed_again(house: House) -> None:
    await sales(house, 0, 4 * PAGE)
    await house.settle()
    # As if all of them were of the second up to which it is settled: more of that second may have come since.
    await house.sql(
        "UPDATE stripe_accounts SET settled_through = (SELECT min(created) FROM stripe_balance_transactions)"
    )
    wire = Wire(house)

    await house.settle()

    assert wire.gets == [LISTED] * 4


async def test_what_stripe_shows_late_is_booked_when_its_time_is_listed_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = await late_row(house, monkeypatch)
    await house.settle()
    assert await booked(house) == 2 * PAGE
    await house.run("recheck")
    assert await booked(house) == 2 * PAGE, "nothing is ten minutes old"
    monkeypatch.setattr(recheck, "OVERLAP", -timedelta(minutes=10))
    before = REGISTRY.get_sample_value("payments_settled_late_total") or 0

    await house.run("recheck")

    assert await booked(house) == 2 * PAGE + 1
    assert len(await house.sql("SELECT 1 FROM ledger_transactions WHERE reference = :name", name=f"stripe:{late}")) == 1
    assert (REGISTRY.get_sample_value("payments_settled_late_total") or 0) == before + 1
    await house.books_are_right()
    wire = Wire(house)
    await house.sql("UPDATE stripe_accounts SET recheck_time = NULL")
    await house.run("recheck")
    assert wire.gets == [], "an account where nothing moves is not asked about"


async def test_a_second_listing_that_breaks_off_is_begun_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    late = await late_row(house, monkeypatch)
    monkeypatch.setattr(recheck, "OVERLAP", -timedelta(minutes=10))
    read = StripeAdapter.balance_transactions

    async def first_page_only(self: StripeAdapter, account: str, *, after: str, **fields: Any) -> Any:
        if after:
            raise PaymentsError(Reason.STRIPE_UNAVAILABLE, "no answer")
        return await read(self, account, after=after, **fields)

    async def rechecked_through() -> datetime:
        (row,) = await house.sql("SELECT rechecked_through FROM stripe_accounts WHERE stripe_account = ''")
        time: datetime = row.rechecked_through
        return time

    before = await rechecked_through()
    with monkeypatch.context() as patch:
        patch.setattr(StripeAdapter, "balance_transactions", first_page_only)
        await house.run("recheck")
    assert await rechecked_through() == before
    await house.run("recheck")
    assert await booked(house) == 2 * PAGE, "its turn has not come yet"

    await house.sql("UPDATE stripe_accounts SET recheck_time = recheck_time - interval '1 minute'")
    await house.run("recheck")

    assert len(await house.sql("SELECT 1 FROM ledger_transactions WHERE reference = :name", name=f"stripe:{late}")) == 1
    assert await rechecked_through() > before
