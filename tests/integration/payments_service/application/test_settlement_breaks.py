"""Settlement that breaks off: the money is booked once, and the payment shows it, also when no event ever comes."""

import asyncio
from typing import Any

import httpx
import pytest
from payments_api.v1 import payment_pb2

from payments_service.application import failpoints
from payments_service.processors.stripe.adapter import StripeAdapter
from tests.integration.payments_service.application.house import House

WAIT_SECONDS = 20


class _Killed(Exception):  # noqa: N818 - it is no error of the service
    """Stands for the process dying at a failpoint: settlement does not catch it."""


@pytest.fixture
async def payment(house: House) -> payment_pb2.Payment:
    """A payment that the customer has paid at Stripe, which nobody has told us."""
    created = (await house.create("k")).payment
    async with httpx.AsyncClient(auth=(house.key, ""), verify=False) as client:
        answer = await client.post(
            f"{house.sandbox.url}/v1/payment_intents/{created.stripe_payment_intent_id}/confirm",
            data={"payment_method": "pm_card_visa", "return_url": "https://shop.example"},
        )
        answer.raise_for_status()
    async with asyncio.timeout(WAIT_SECONDS):
        while not (await house.stripe("/v1/balance_transactions"))["data"]:
            pass
    return created


@pytest.mark.parametrize("name", [failpoints.SETTLEMENT_BEFORE_COMMIT, failpoints.SETTLEMENT_AFTER_COMMIT])
async def test_a_worker_that_dies_around_its_commit_leaves_no_payment_behind(
    house: House, payment: payment_pb2.Payment, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setitem(failpoints._armed, name, die)
        with pytest.raises(_Killed):
            await house.settle()

    await house.settle()

    await _is_paid_and_booked_once(house, payment)


async def test_when_stripe_stops_answering_in_between_it_is_done_the_next_time(
    house: House, payment: payment_pb2.Payment
) -> None:
    fault = {"effect": "error_before", "method": "GET", "path": "/v1/payment_intents/{id}", "count": 1}
    await house.control("POST", "/faults", fault)

    await house.settle()
    assert await house.balances() == {}
    await house.settle()

    await _is_paid_and_booked_once(house, payment)


async def test_a_payment_that_cannot_be_followed_does_not_keep_its_money_out_of_the_books(
    house: House, payment: payment_pb2.Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: StripeAdapter, body: dict[str, Any]) -> Any:
        raise KeyError(body["id"])

    monkeypatch.setattr(StripeAdapter, "intent", refuse)
    await house.settle()

    assert (await house.balances())["stripe:usd"] == 2_397
    await house.books_are_right()
    state = (await house.get(payment.id)).payment.state
    assert state == payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD


async def _is_paid_and_booked_once(house: House, payment: payment_pb2.Payment) -> None:
    after = (await house.get(payment.id)).payment
    assert after.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert after.stripe_balance_transaction_id.startswith("txn_")
    assert (await house.balances())["stripe:usd"] == 2_397
    assert len(await house.sql("SELECT 1 FROM ledger_transactions")) == 1
    await house.books_are_right()
