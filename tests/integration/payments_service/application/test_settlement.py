"""Settlement: every balance transaction is booked exactly once, whoever notices it and however often."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest
from payments_api.v1 import (
    fee_service_pb2,
    ledger_service_pb2,
    payment_pb2,
    payment_service_pb2,
    reporting_service_pb2,
)

from payments_service.domain.errors import PaymentsError, Reason
from payments_service.processors.stripe.adapter import StripeAdapter
from tests.integration.payments_service.application.house import PAY, House, failure

WAIT_SECONDS = 20


async def booked_at_stripe(house: House, count: int) -> list[dict[str, Any]]:
    """Stripe's balance transactions, once there are so many: captures show theirs after a moment."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            page = await house.stripe("/v1/balance_transactions", limit="100")
            rows: list[dict[str, Any]] = page["data"]
            if len(rows) >= count:
                return rows


async def at_stripe(house: House, path: str, **data: str) -> dict[str, Any]:
    """Something done at Stripe behind our back."""
    async with httpx.AsyncClient(auth=(house.key, ""), verify=False) as client:
        answer = await client.post(f"{house.sandbox.url}{path}", data=data)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


async def test_a_sale_is_booked_net_fee_and_gross(house: House) -> None:
    payment = (await house.create("k", amount={"amount_minor": 10_000, "currency_code": "usd"}, **PAY)).payment
    (transaction,) = await booked_at_stripe(house, 1)

    await house.settle()

    books = await house.reports.GetTrialBalance(reporting_service_pb2.GetTrialBalanceRequest(), metadata=house.metadata)
    assert {line.code: (line.debit.amount_minor, line.credit.amount_minor) for line in books.lines} == {
        "expense:stripe_fee:usd": (320, 0),
        "revenue:sales:usd": (0, 10_000),
        "stripe:usd": (9_680, 0),
    }
    (total,) = books.totals
    assert (total.debit.amount_minor, total.credit.amount_minor, total.difference.amount_minor) == (10_000, 10_000, 0)
    await house.books_are_right()
    after = (await house.get(payment.id)).payment
    assert after.stripe_balance_transaction_id == transaction["id"]
    entries = await house.ledger.ListEntries(
        ledger_service_pb2.ListEntriesRequest(code="stripe:usd"), metadata=house.metadata
    )
    (entry,) = entries.entries
    assert (entry.reference, entry.amount.amount_minor) == (f"stripe:{transaction['id']}", 9_680)


async def test_settling_again_and_by_many_at_once_books_nothing_twice(house: House) -> None:
    for number in range(7):
        await house.create(f"k{number}", **PAY)
    await booked_at_stripe(house, 7)

    for _ in range(3):
        await house.sql("UPDATE stripe_accounts SET settle_time = NULL, lease_until = now()")
        await asyncio.gather(*(_settle_without_lease(house) for _ in range(4)))

    assert len(await house.sql("SELECT 1 FROM ledger_transactions")) == 7
    assert len(await house.sql("SELECT 1 FROM stripe_balance_transactions")) == 7
    await house.books_are_right()


async def _settle_without_lease(house: House) -> None:
    """A worker whose lease has run out while it was slow, so that another works beside it."""
    await house.sql("UPDATE stripe_accounts SET lease_until = now() - interval '1 second', settle_time = NULL")
    await house.run("settlement")


async def test_when_every_webhook_is_lost_the_sweep_finds_it_all(house: House) -> None:
    payment = (await house.create("k")).payment
    await at_stripe(
        house,
        f"/v1/payment_intents/{payment.stripe_payment_intent_id}/confirm",
        payment_method="pm_card_visa",
        return_url="https://shop.example",
    )
    await booked_at_stripe(house, 1)

    await house.settle()

    after = (await house.get(payment.id)).payment
    assert after.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert after.stripe_balance_transaction_id.startswith("txn_")
    purchase = await house.payments.GetPurchase(
        payment_service_pb2.GetPurchaseRequest(reference="order_1"), metadata=house.metadata
    )
    assert purchase.purchase.status == payment_pb2.PURCHASE_STATUS_PAID
    await house.books_are_right()


async def test_pages_are_read_to_the_end(house: House) -> None:
    for number in range(10):
        await house.create(f"k{number}", **PAY)
    await booked_at_stripe(house, 10)
    assert house.settings.stripe_page_size < 10

    await house.settle()

    assert len(await house.sql("SELECT 1 FROM ledger_transactions")) == 10
    await house.books_are_right()


async def test_a_failure_between_pages_leaves_nothing_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        await house.create(f"k{number}", **PAY)
    await booked_at_stripe(house, 8)
    read = StripeAdapter.balance_transactions

    async def first_page_only(self: StripeAdapter, account: str, *, since: datetime | None, after: str) -> Any:
        if after:
            raise PaymentsError(Reason.STRIPE_UNAVAILABLE, "no answer")
        return await read(self, account, since=since, after=after)

    with monkeypatch.context() as patch:
        patch.setattr(StripeAdapter, "balance_transactions", first_page_only)
        await house.settle()
    assert len(await house.sql("SELECT 1 FROM ledger_transactions")) == house.settings.stripe_page_size
    assert await house.sql("SELECT settled_through FROM stripe_accounts") == [(None,)]

    await house.settle()

    assert len(await house.sql("SELECT 1 FROM ledger_transactions")) == 8
    await house.books_are_right()


async def test_money_that_nobody_here_asked_for_is_booked_to_suspense(house: House) -> None:
    await at_stripe(
        house,
        "/v1/payment_intents",
        amount="5000",
        currency="usd",
        confirm="true",
        payment_method="pm_card_visa",
        return_url="https://shop.example",
    )
    await booked_at_stripe(house, 1)

    await house.settle()

    balance = await house.ledger.GetBalance(
        ledger_service_pb2.GetBalanceRequest(code="suspense:usd"), metadata=house.metadata
    )
    assert balance.balance.posted.amount_minor == -5000
    await house.books_are_right()


async def test_a_hint_that_names_our_payment_does_not_make_it_paid(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment
    await at_stripe(
        house,
        "/v1/payment_intents",
        **{
            "amount": "5000",
            "currency": "usd",
            "confirm": "true",
            "payment_method": "pm_card_visa",
            "return_url": "https://shop.example",
            "metadata[payments_payment_id]": payment.id,
        },
    )
    await booked_at_stripe(house, 2)

    await house.settle()

    fees = await house.fees.GetPaymentFees(
        fee_service_pb2.GetPaymentFeesRequest(payment_id=payment.id), metadata=house.metadata
    )
    assert fees.fees[0].gross.amount_minor == 2500
    await house.books_are_right()


async def test_fees_are_stripes_own_figures(house: House) -> None:
    payment = (await house.create("k", amount={"amount_minor": 10_000, "currency_code": "USD"}, **PAY)).payment
    request = fee_service_pb2.GetPaymentFeesRequest(payment_id=payment.id)
    assert list((await house.fees.GetPaymentFees(request, metadata=house.metadata)).fees) == []
    await booked_at_stripe(house, 1)
    await house.settle()

    by_payment = await house.fees.GetPaymentFees(request, metadata=house.metadata)
    by_reference = await house.fees.GetPaymentFees(
        fee_service_pb2.GetPaymentFeesRequest(reference="order_1"), metadata=house.metadata
    )

    assert by_payment == by_reference
    (fees,) = by_payment.fees
    assert (fees.gross.amount_minor, fees.fees.amount_minor, fees.net.amount_minor) == (10_000, 320, 9_680)
    assert [line.type for line in fees.lines] == ["stripe_fee"]


async def test_several_currencies_are_kept_apart(house: House) -> None:
    for currency in ("usd", "eur", "jpy"):
        await house.create(currency, amount={"amount_minor": 4000, "currency_code": currency}, **PAY)
    await booked_at_stripe(house, 3)

    await house.settle()

    books = await house.reports.GetTrialBalance(
        reporting_service_pb2.GetTrialBalanceRequest(currency_code="EUR"), metadata=house.metadata
    )
    assert {line.code for line in books.lines} == {"stripe:eur", "revenue:sales:eur", "expense:stripe_fee:eur"}
    await house.books_are_right()


async def test_a_caller_bound_to_owners_sees_none_of_the_platforms_books(house: House) -> None:
    await house.create("k", **PAY)
    await booked_at_stripe(house, 1)
    await house.settle()
    house.metadata = house.as_caller("idp|alice", ["alice"])

    books = await house.reports.GetTrialBalance(reporting_service_pb2.GetTrialBalanceRequest(), metadata=house.metadata)
    hidden = await failure(
        house.ledger.GetBalance(ledger_service_pb2.GetBalanceRequest(code="stripe:usd"), metadata=house.metadata)
    )
    refused = await failure(
        house.reports.GetStripeBalance(reporting_service_pb2.GetStripeBalanceRequest(), metadata=house.metadata)
    )

    assert list(books.lines) == []
    assert hidden.reason == "LEDGER_ACCOUNT_NOT_FOUND"
    assert refused.reason == "SCOPE_MISSING"
