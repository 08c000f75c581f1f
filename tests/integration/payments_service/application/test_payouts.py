"""Payouts from Stripe's events to the books, of the platform and of connected accounts, in every order."""

import itertools

import pytest
from payments_api.v1 import payout_pb2, payout_service_pb2

from tests.integration.payments_service.application.house import House, failure

FUNDS = {"payment_method": "pm_card_bypassPending", "confirm": True}


async def the_payout(house: House, stripe_payout_id: str) -> payout_pb2.Payout:
    reply = await house.payouts.GetPayout(
        payout_service_pb2.GetPayoutRequest(stripe_payout_id=stripe_payout_id), metadata=house.metadata
    )
    found: payout_pb2.Payout = reply.payout
    return found


async def events_of_payouts(house: House, stripe_account: str) -> list[dict[str, object]]:
    return [event for event in await house.stripe_events(stripe_account) if event["type"].startswith("payout.")]


async def figures(house: House, book: str) -> tuple[int, int]:
    """What is in transit and what has arrived."""
    await house.settle_all()
    await house.books_are_right()
    books = await house.balances()
    in_transit = f"{book}in_transit:usd" if book else "payouts_in_transit:usd"
    return books.get(in_transit, 0), books.get(f"{book}bank:usd", 0)


@pytest.mark.parametrize("connected", [False, True], ids=["the platform's", "a seller's"])
async def test_a_payout_arrives_and_fails_all_the_same(house: House, connected: bool) -> None:
    account, book, account_id = "", "", ""
    if connected:
        seller = await house.seller()
        await house.sell("k", seller.id, payment_method="pm_card_bypassPending")
        account, book, account_id = seller.stripe_account_id, f"connected:{seller.id}:", seller.id
    else:
        await house.create("k", amount={"amount_minor": 10_000, "currency_code": "usd"}, **FUNDS)
    await house.settle_all()
    made = await house.behind_our_back("/v1/payouts", account, amount="5000", currency="usd")
    await house.record_all(account)
    await house.run("inbox")
    assert await figures(house, book) == (5_000, 0)

    await house.control("POST", f"/payouts/{made['id']}/pay")
    for number, order in enumerate(itertools.permutations(await events_of_payouts(house, account))):
        for event in order:
            await house.record({**event, "id": f"{event['id']}-{number}"})
            await house.run("inbox")
    payout = await the_payout(house, made["id"])
    assert (payout.state, payout.amount.amount_minor) == (payout_pb2.PAYOUT_STATE_PAID, 5_000)
    assert payout.connected_account_id == account_id
    assert await figures(house, book) == (0, 5_000)

    await house.control("POST", f"/payouts/{made['id']}/fail", {"failure_code": "account_closed"})
    for event in (await events_of_payouts(house, account))[::-1]:
        await house.record({**event, "id": f"{event['id']}-again"})
        await house.run("inbox")
    payout = await the_payout(house, made["id"])
    assert (payout.state, payout.failure_code) == (payout_pb2.PAYOUT_STATE_FAILED, "account_closed")
    assert await figures(house, book) == (0, 0)
    page = await house.payouts.ListPayouts(
        payout_service_pb2.ListPayoutsRequest(platform_only=not connected), metadata=house.metadata
    )
    assert [one.id for one in page.payouts] == [payout.id]


async def test_a_payout_that_is_not_there_is_not_found(house: House) -> None:
    refused = await failure(
        house.payouts.GetPayout(payout_service_pb2.GetPayoutRequest(payout_id="pyt_x"), metadata=house.metadata)
    )

    assert (refused.code, refused.reason) == ("NOT_FOUND", "PAYOUT_NOT_FOUND")
