"""Refunds follow Stripe's, whoever made them and however late or odd the order in which their news arrive."""

import itertools
from typing import Any

import pytest
from payments_api.v1 import payment_pb2, refund_pb2, refund_service_pb2

from tests.integration.payments_service.application.house import House, failure

PENDING, SUCCEEDED = refund_pb2.REFUND_STATE_PENDING, refund_pb2.REFUND_STATE_SUCCEEDED
FAILED = refund_pb2.REFUND_STATE_FAILED
BOTH: dict[str, Any] = {"absorb_by": "ABSORB_BY_CREATOR", "reverse_transfer": True, "refund_platform_fee": True}
OF_REFUNDS = {"refund.created", "refund.updated", "refund.failed", "charge.refunded", "charge.refund.updated"}


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


async def refunds_of(house: House, payment_id: str) -> list[refund_pb2.Refund]:
    reply = await house.refunds.ListRefunds(
        refund_service_pb2.ListRefundsRequest(payment_id=payment_id), metadata=house.metadata
    )
    return list(reply.refunds)


async def refunded(house: House, payment_id: str) -> int:
    amount: int = (await house.get(payment_id)).payment.amount_refunded.amount_minor
    return amount


async def events_of_refunds(house: House) -> list[dict[str, Any]]:
    return [event for event in await house.stripe_events() if event["type"] in OF_REFUNDS]


async def tell(house: House, events: list[dict[str, Any]], round_name: str = "") -> None:
    """Hand events over one after the other, each twice and once more under another id."""
    for event in events:
        for twin in ("", "", "-twin"):
            await house.record({**event, "id": f"{event['id']}{round_name}{twin}"})
            await house.run("inbox")


async def sold(house: House, **fields: Any) -> payment_pb2.Payment:
    """A sale of 100.00 usd whose books are done."""
    paid = (await house.sell("k", (await house.seller()).id, **fields)).payment
    await house.settle_all()
    return paid


async def books_are_done(house: House) -> None:
    """Whatever else was to be booked is, and nobody wonders about it."""
    await house.settle_all()
    await house.books_are_right()
    assert not [code for code in await house.balances() if "suspense" in code]


@pytest.mark.parametrize("told", [True, False], ids=["by its events", "by settlement, its events are lost"])
@pytest.mark.parametrize(
    ("data", "absorb_by", "balances"),
    [
        pytest.param(
            {"reverse_transfer": "true", "refund_application_fee": "true"},
            refund_pb2.ABSORB_BY_CREATOR,
            {"stripe:usd": 280, "payable": 0, "earnings": 6_000, "revenue:platform_fee:usd": 600},
            id="with the seller's share and the fee",
        ),
        pytest.param(
            {},
            refund_pb2.ABSORB_BY_PLATFORM,
            {"stripe:usd": -3_320, "payable": 0, "earnings": 10_000, "expense:refund_absorbed:usd": 4_000},
            id="with the platform's money",
        ),
    ],
)
async def test_a_refund_made_in_the_dashboard_is_found(
    house: House, told: bool, data: dict[str, str], absorb_by: int, balances: dict[str, int]
) -> None:
    paid = await sold(house)
    body = await house.behind_our_back(
        "/v1/refunds", payment_intent=paid.stripe_payment_intent_id, amount="4000", reason="duplicate", **data
    )

    if told:
        await house.record_all()
        await house.run("inbox")
        (found,) = await refunds_of(house, paid.id)
        assert found.stripe_refund_id == body["id"]
        assert await refunded(house, paid.id) == 4_000
    await books_are_done(house)

    (refund,) = await refunds_of(house, paid.id)
    assert (refund.stripe_refund_id, refund.state, refund.amount.amount_minor) == (body["id"], SUCCEEDED, 4_000)
    assert (refund.absorb_by, refund.reverse_transfer) == (absorb_by, bool(data))
    assert refund.reason == refund_pb2.REFUND_REASON_DUPLICATE
    assert await refunded(house, paid.id) == 4_000
    names = {
        "payable": f"creator:{paid.connected_account_id}:payable:usd",
        "earnings": f"connected:{paid.connected_account_id}:earnings:usd",
    }
    books = await house.balances()
    assert {name: books.get(names.get(name, name), 0) for name in balances} == balances
    refused = await failure(house.refund("r", paid.id, amount=usd(6_001)))
    assert (refused.reason, refused.metadata["refundable_minor"]) == ("REFUND_EXCEEDS_CAPTURED", "6000")


async def test_a_refund_of_ours_and_one_of_the_dashboard_for_the_same_amount_are_two(house: House) -> None:
    paid = await sold(house)
    ours = await house.refund("r", paid.id, amount=usd(1_000))
    await house.behind_our_back("/v1/refunds", payment_intent=paid.stripe_payment_intent_id, amount="1000")

    await tell(house, await events_of_refunds(house))
    await books_are_done(house)

    found = await refunds_of(house, paid.id)
    assert len(found) == 2
    assert ours.id in {refund.id for refund in found}
    assert await refunded(house, paid.id) == 2_000


@pytest.mark.parametrize("told", [True, False], ids=["by its events", "by settlement, its events are lost"])
async def test_a_refund_that_fails_later_gives_its_part_back(house: House, told: bool) -> None:
    paid = await sold(house)
    refund = await house.refund("r", paid.id, amount=usd(4_000), absorb_by="ABSORB_BY_PLATFORM")
    await books_are_done(house)
    assert (await house.balances())["expense:refund_absorbed:usd"] == 4_000
    await house.control("POST", f"/refunds/{refund.stripe_refund_id}/fail", {"failure_reason": "lost_or_stolen_card"})

    if told:
        await tell(house, await events_of_refunds(house))
        assert await refunded(house, paid.id) == 0
    await books_are_done(house)

    (failed,) = await refunds_of(house, paid.id)
    assert (failed.id, failed.state, failed.failure_reason) == (refund.id, FAILED, "lost_or_stolen_card")
    assert await refunded(house, paid.id) == 0
    balances = await house.balances()
    assert (balances["expense:refund_absorbed:usd"], balances["stripe:usd"]) == (0, 680)
    # The answer to the caller's key stays what it was; what is refundable is all of it again.
    assert (await house.refund("r", paid.id, amount=usd(4_000), absorb_by="ABSORB_BY_PLATFORM")).state == SUCCEEDED
    assert (await house.refund("again", paid.id, absorb_by="ABSORB_BY_PLATFORM")).amount.amount_minor == 10_000


async def test_a_failed_refund_leaves_what_was_reversed_with_it_reversed(house: House) -> None:
    paid = await sold(house)
    refund = await house.refund("r", paid.id, amount=usd(4_000), **BOTH)
    await house.control("POST", f"/refunds/{refund.stripe_refund_id}/fail")
    await tell(house, await events_of_refunds(house))
    await books_are_done(house)

    balances = await house.balances()
    # Stripe does not send the seller's share back by itself: the platform owes it.
    assert balances[f"creator:{paid.connected_account_id}:payable:usd"] == 4_000
    assert balances[f"connected:{paid.connected_account_id}:stripe:usd"] == 5_400
    assert balances["stripe:usd"] == 680 + 4_000 - 400
    assert await refunded(house, paid.id) == 0


@pytest.mark.parametrize("first", sorted(OF_REFUNDS))
async def test_the_events_of_a_refund_in_every_order_end_in_one_state(house: House, first: str) -> None:
    paid = await sold(house)
    refund = await house.refund("r", paid.id, amount=usd(4_000), absorb_by="ABSORB_BY_PLATFORM")
    await house.control("POST", f"/refunds/{refund.stripe_refund_id}/fail")
    # Stripe tells everything about the refund under more than one name: one event of each is enough.
    events = {event["type"]: event for event in await events_of_refunds(house)}
    assert events.keys() == OF_REFUNDS
    for event in events.values():
        await house.record(event)
    seen = set()
    for rest in itertools.permutations(sorted(OF_REFUNDS - {first})):
        # As if none of it had been heard of: the row waits where the creation left it.
        await house.sql("UPDATE refunds SET state = 'SUCCEEDED', failure_reason = ''")
        await house.sql("UPDATE payments SET amount_refunded_minor = 4000")
        for event_type in (first, *rest):
            await house.sql(
                "UPDATE stripe_events SET state = 'PENDING', attempts = 0 WHERE event_id = :event_id",
                event_id=events[event_type]["id"],
            )
            await house.run("inbox")
        (after,) = await refunds_of(house, paid.id)
        seen.add((after.state, after.failure_reason, await refunded(house, paid.id)))

    assert seen == {(FAILED, "expired_or_canceled_card", 0)}
    await books_are_done(house)
    assert (await house.balances())["expense:refund_absorbed:usd"] == 0


@pytest.mark.parametrize("failed_first", [True, False], ids=["failure first", "in order"])
async def test_a_refund_and_its_failure_are_booked_once_in_either_order(house: House, failed_first: bool) -> None:
    paid = await sold(house)
    refund = await house.refund("r", paid.id, amount=usd(4_000), absorb_by="ABSORB_BY_PLATFORM")
    if not failed_first:
        await books_are_done(house)
    await house.control("POST", f"/refunds/{refund.stripe_refund_id}/fail")
    events = await events_of_refunds(house)

    for round_name in ("-a", "-b"):
        await tell(house, events[::-1] if failed_first else events, round_name)
        await books_are_done(house)

    rows = await house.sql("SELECT type, amount_minor FROM stripe_balance_transactions WHERE type LIKE 'refund%'")
    assert sorted(map(tuple, rows)) == [("refund", -4_000), ("refund_failure", 4_000)]
    assert (await house.balances())["expense:refund_absorbed:usd"] == 0
    (after,) = await refunds_of(house, paid.id)
    assert (after.state, await refunded(house, paid.id)) == (FAILED, 0)


async def test_a_refund_that_takes_its_time_is_pending_and_then_succeeds(house: House) -> None:
    paid = await sold(house, payment_method="pm_card_pendingRefund")

    refund = await house.refund("r", paid.id, amount=usd(4_000), **BOTH)
    assert (refund.state, refund.stripe_status) == (PENDING, "pending")
    assert await refunded(house, paid.id) == 4_000
    refused = await failure(house.refund("s", paid.id, amount=usd(6_001)))
    assert refused.metadata["refundable_minor"] == "6000"

    await books_are_done(house)
    await tell(house, await events_of_refunds(house))

    (after,) = await refunds_of(house, paid.id)
    assert (after.id, after.state, await refunded(house, paid.id)) == (refund.id, SUCCEEDED, 4_000)
    assert (await house.balances())["stripe:usd"] == 280


async def test_a_card_whose_refunds_fail_later(house: House) -> None:
    paid = await sold(house, payment_method="pm_card_refundFail")
    refund = await house.refund("r", paid.id, absorb_by="ABSORB_BY_PLATFORM")
    assert refund.state == SUCCEEDED

    await books_are_done(house)

    (after,) = await refunds_of(house, paid.id)
    assert (after.state, after.failure_reason, await refunded(house, paid.id)) == (FAILED, "unknown", 0)
    assert (await house.balances())["stripe:usd"] == 680


async def test_events_that_come_before_our_own_answer_find_their_refund(house: House) -> None:
    paid = await sold(house)
    fault = {"effect": "reset_after", "method": "POST", "path": "/v1/refunds", "count": 1}
    await house.control("POST", "/faults", fault)
    doubtful = await failure(house.refund("r", paid.id, amount=usd(4_000), **BOTH))
    assert doubtful.reason == "OUTCOME_UNKNOWN"

    await tell(house, await events_of_refunds(house))
    (found,) = await refunds_of(house, paid.id)
    assert (found.state, await refunded(house, paid.id)) == (SUCCEEDED, 4_000)
    await house.complete()

    refund = await house.refund("r", paid.id, amount=usd(4_000), **BOTH)
    assert (refund.id, refund.state) == (found.id, SUCCEEDED)
    await books_are_done(house)
    assert (await house.balances())["stripe:usd"] == 280
    assert len((await house.stripe("/v1/refunds"))["data"]) == 1
