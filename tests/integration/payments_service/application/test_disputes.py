"""Disputes from Stripe's events to the books: who bears a loss, in every order of news, each told twice."""

from typing import Any

from payments_api.v1 import dispute_pb2, dispute_service_pb2, payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House, failure

OF_DISPUTES = ("charge.dispute.",)


async def the_dispute(house: House, payment_id: str) -> dispute_pb2.Dispute:
    reply = await house.disputes.ListDisputes(
        dispute_service_pb2.ListDisputesRequest(payment_id=payment_id), metadata=house.metadata
    )
    (dispute,) = reply.disputes
    got = await house.disputes.GetDispute(
        dispute_service_pb2.GetDisputeRequest(dispute_id=dispute.id), metadata=house.metadata
    )
    assert got.dispute == dispute
    found: dispute_pb2.Dispute = dispute
    return found


async def open_dispute(house: House, payment: payment_pb2.Payment, **body: Any) -> str:
    await house.control("POST", f"/charges/{payment.stripe_charge_id}/dispute", body)
    await tell(house)
    found = await the_dispute(house, payment.id)
    return found.stripe_dispute_id


async def tell(house: House, *, backwards: bool = False) -> None:
    """Every event about disputes so far, one after the other, each twice and under another id as well."""
    events = [event for event in await house.stripe_events() if event["type"].startswith(OF_DISPUTES)]
    told = await house.sql("SELECT count(*) FROM stripe_events")
    for event in events[::-1] if backwards else events:
        for twin in ("", "", f"-{told[0][0]}"):
            await house.record({**event, "id": event["id"] + twin})
        await house.run("inbox")


async def decide(house: House, dispute_id: str, outcome: str) -> None:
    await house.control("POST", f"/disputes/{dispute_id}/decide", {"outcome": outcome})
    await tell(house, backwards=True)


async def settled(house: House) -> dict[str, int]:
    await house.settle_all()
    await house.books_are_right()
    return {code: amount for code, amount in (await house.balances()).items() if amount}


async def purchase_status(house: House, reference: str) -> str:
    reply = await house.payments.GetPurchase(
        payment_service_pb2.GetPurchaseRequest(reference=reference), metadata=house.metadata
    )
    return payment_pb2.PurchaseStatus.Name(reply.purchase.status).removeprefix("PURCHASE_STATUS_")


async def test_a_dispute_of_the_platforms_own_sale_is_lost_opened_again_and_won(house: House) -> None:
    payment = (await house.create("k", amount={"amount_minor": 10_000, "currency_code": "usd"}, **PAY)).payment
    await house.settle_all()

    stripe_id = await open_dispute(house, payment)

    dispute = await the_dispute(house, payment.id)
    assert (dispute.state, dispute.payment_id, dispute.reference) == (
        dispute_pb2.DISPUTE_STATE_NEEDS_RESPONSE,
        payment.id,
        "order_1",
    )
    assert [money.amount_minor for money in dispute.withheld] == [10_000]
    assert (await house.get(payment.id)).payment.amount_disputed.amount_minor == 10_000
    assert await purchase_status(house, "order_1") == "DISPUTED"
    assert (await settled(house))["disputes_held:usd"] == 10_000

    await decide(house, stripe_id, "lost")
    books = await settled(house)
    assert (books.get("disputes_held:usd"), books["expense:dispute_loss:usd"]) == (None, 10_000)
    assert await purchase_status(house, "order_1") == "DISPUTED"

    await house.control("POST", f"/disputes/{stripe_id}/reopen")
    await tell(house)
    books = await settled(house)
    assert (books["disputes_held:usd"], books.get("expense:dispute_loss:usd")) == (10_000, None)

    await decide(house, stripe_id, "won")
    books = await settled(house)
    assert (books.get("disputes_held:usd"), books.get("expense:dispute_loss:usd")) == (None, None)
    assert (await house.get(payment.id)).payment.amount_disputed.amount_minor == 0
    assert await purchase_status(house, "order_1") == "PAID"
    assert await outbox(house, "dispute.") == [
        "dispute.needs_response",
        "dispute.lost",
        "dispute.under_review",
        "dispute.won",
    ]


async def test_a_lost_dispute_of_a_sellers_payment_is_what_the_seller_owes(house: House) -> None:
    seller = await house.seller()
    payment = (await house.sell("k", seller.id)).payment
    await house.settle_all()
    stripe_id = await open_dispute(house, payment)

    await decide(house, stripe_id, "lost")

    books = await settled(house)
    assert books.get("disputes_held:usd") is None
    # The payable was empty: a destination charge's money had been passed on.
    assert books[f"receivable:{seller.id}:usd"] == 10_000
    assert books.get(f"creator:{seller.id}:payable:usd") is None
    dispute = await the_dispute(house, payment.id)
    assert (dispute.connected_account_id, [money.amount_minor for money in dispute.lost]) == (seller.id, [10_000])


async def test_an_inquiry_takes_nothing(house: House) -> None:
    payment = (await house.create("k", **PAY)).payment
    await house.settle_all()
    before = await settled(house)

    await open_dispute(house, payment, case="inquiry")

    dispute = await the_dispute(house, payment.id)
    assert dispute.state == dispute_pb2.DISPUTE_STATE_WARNING_NEEDS_RESPONSE
    assert await settled(house) == before
    assert await purchase_status(house, "order_1") == "PAID"


async def test_a_dispute_whose_events_are_lost_is_found_by_its_balance_transactions(house: House) -> None:
    payment = (await house.create("k", amount={"amount_minor": 10_000, "currency_code": "usd"}, **PAY)).payment
    await house.settle_all()
    await house.control("POST", f"/charges/{payment.stripe_charge_id}/dispute", {})

    books = await settled(house)

    assert books["disputes_held:usd"] == 10_000
    assert (await the_dispute(house, payment.id)).state == dispute_pb2.DISPUTE_STATE_NEEDS_RESPONSE
    assert (await house.get(payment.id)).payment.amount_disputed.amount_minor == 10_000


async def test_who_may_not_see_the_payment_does_not_see_the_dispute(house: House) -> None:
    payment = (await house.create("k", owner_id="buyer", **PAY)).payment
    await house.settle_all()
    stripe_id = await open_dispute(house, payment)
    request = dispute_service_pb2.GetDisputeRequest(stripe_dispute_id=stripe_id)

    refused = await failure(house.disputes.GetDispute(request, metadata=house.as_caller(owner_ids=["somebody"])))

    assert (refused.code, refused.reason) == ("NOT_FOUND", "DISPUTE_NOT_FOUND")
    assert (await house.disputes.GetDispute(request, metadata=house.as_caller(owner_ids=["buyer"]))).dispute.id


async def outbox(house: House, prefix: str) -> list[str]:
    """The types of events for others, in order."""
    rows = await house.sql(
        "SELECT type FROM outbox_queue WHERE type LIKE :prefix ORDER BY create_time", prefix=f"{prefix}%"
    )
    return [row.type for row in rows]
