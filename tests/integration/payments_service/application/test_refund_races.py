"""Refunds that race for the same money cannot give back more than was captured."""

import asyncio
from collections import Counter
from typing import Any

import grpc
import pytest
from payments_api.v1 import refund_pb2, refund_service_pb2

from tests.integration.payments_service.application.house import PAY, Failure, House, failure, read_failure
from tests.integration.payments_service.application.mutations import until_known

Outcome = refund_pb2.Refund | Failure
BOTH: dict[str, Any] = {"absorb_by": "ABSORB_BY_CREATOR", "reverse_transfer": True, "refund_platform_fee": True}


def usd(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency_code": "usd"}


async def outcome(house: House, key: str, payment_id: str, **fields: Any) -> Outcome:
    """What became of a refund: itself, or its error."""
    try:
        return await house.refund(key, payment_id, **fields)
    except grpc.aio.AioRpcError as error:
        return read_failure(error)


async def race(house: House, payment_id: str, amounts: list[int], **fields: Any) -> list[Outcome]:
    """Refunds of these amounts, all at once."""
    return await asyncio.gather(
        *(
            outcome(house, f"r{number}", payment_id, amount=usd(amount), **fields)
            for number, amount in enumerate(amounts)
        )
    )


def given_back(outcomes: list[Outcome]) -> int:
    """The sum of the refunds that were made."""
    return sum(each.amount.amount_minor for each in outcomes if isinstance(each, refund_pb2.Refund))


def reasons(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(each.reason for each in outcomes if isinstance(each, Failure))


async def at_stripe(house: House, payment_id: str) -> tuple[int, int]:
    """How much of a payment Stripe has refunded, by its charge and by its refunds."""
    charge_id = (await house.get(payment_id)).payment.stripe_charge_id
    charge = await house.stripe(f"/v1/charges/{charge_id}")
    refunds = (await house.stripe("/v1/refunds", charge=charge_id, limit="100"))["data"]
    return charge["amount_refunded"], sum(body["amount"] for body in refunds if body["status"] == "succeeded")


async def books_agree(house: House, payment_id: str, total: int) -> None:
    """Stripe, the payment and the books say the same."""
    assert await at_stripe(house, payment_id) == (total, total)
    assert (await house.get(payment_id)).payment.amount_refunded.amount_minor == total
    await house.settle_all()
    await house.books_are_right()
    balances = await house.balances()
    assert not [code for code in balances if "suspense" in code]


async def of_the_platform(house: House) -> str:
    return (await house.create("k", amount=usd(10_000), **PAY)).payment.id


async def of_a_seller(house: House) -> str:
    paid = (await house.sell("k", (await house.seller()).id)).payment
    await house.settle_all()
    return paid.id


@pytest.mark.parametrize(
    ("pay", "fields"),
    [
        pytest.param(of_the_platform, {}, id="the platform's own"),
        pytest.param(of_a_seller, BOTH, id="a seller's, with transfer and fee"),
    ],
)
async def test_of_fifty_refunds_of_30_out_of_100_three_are_made(house: House, pay: Any, fields: dict[str, Any]) -> None:
    payment_id = await pay(house)

    outcomes = await race(house, payment_id, [3_000] * 50, **fields)

    assert given_back(outcomes) == 9_000
    assert reasons(outcomes) == {"REFUND_EXCEEDS_CAPTURED": 47}
    refused = [each for each in outcomes if isinstance(each, Failure)]
    assert {each.code for each in refused} == {"FAILED_PRECONDITION"}
    # Each saw three reserved: the payment's lock lets one after the other decide.
    assert {each.metadata["refundable_minor"] for each in refused} == {"1000"}
    assert {(each.metadata["payment_id"], each.metadata["currency"]) for each in refused} == {(payment_id, "usd")}
    await books_agree(house, payment_id, 9_000)
    if fields:
        balances = await house.balances()
        assert balances["revenue:platform_fee:usd"] == 100
        assert [amount for code, amount in balances.items() if code.endswith("earnings:usd")] == [1_000]


async def test_refunds_that_are_turned_away_in_between_give_their_part_back(house: House) -> None:
    payment_id = await of_the_platform(house)
    await house.control("DELETE", "/faults?seed=7")
    fault = {"effect": "rate_limit", "retry_after_s": 0, "method": "POST", "path": "/v1/refunds", "probability": 0.4}
    fault = await house.control("POST", "/faults", fault)
    amounts = [100 + 370 * (number % 9) for number in range(40)]

    outcomes = await race(house, payment_id, amounts)

    total = given_back(outcomes)
    assert 0 < total <= 10_000
    assert set(reasons(outcomes)) == {"REFUND_EXCEEDS_CAPTURED", "STRIPE_UNAVAILABLE"}
    assert all(
        int(each.metadata["refundable_minor"]) < amount
        for each, amount in zip(outcomes, amounts, strict=True)
        if isinstance(each, Failure) and each.reason == "REFUND_EXCEEDS_CAPTURED"
    )
    await books_agree(house, payment_id, total)
    await house.control("DELETE", f"/faults/{fault['id']}")
    rest = await outcome(house, "rest", payment_id)
    assert given_back([rest]) == 10_000 - total
    await books_agree(house, payment_id, 10_000)


@pytest.mark.parametrize("effect", ["reset_after", "reset_before"])
async def test_a_refund_in_doubt_keeps_its_part_reserved(house: House, effect: str) -> None:
    payment_id = await of_the_platform(house)
    await house.control("POST", "/faults", {"effect": effect, "method": "POST", "path": "/v1/refunds", "count": 1})
    doubtful = await outcome(house, "doubtful", payment_id, amount=usd(4_000))
    assert reasons([doubtful]) == {"OUTCOME_UNKNOWN": 1}
    assert (await house.get(payment_id)).payment.amount_refunded.amount_minor == 0

    refused = await failure(house.refund("too much", payment_id, amount=usd(6_001)))
    rest = await house.refund("rest", payment_id)

    assert (refused.reason, refused.metadata["refundable_minor"]) == ("REFUND_EXCEEDS_CAPTURED", "6000")
    assert "refunds under way count" in refused.message
    assert rest.amount.amount_minor == 6_000
    await until_known(house)
    assert (await house.refund("doubtful", payment_id, amount=usd(4_000))).amount.amount_minor == 4_000
    await books_agree(house, payment_id, 10_000)


async def test_many_refunds_in_doubt_at_once_are_each_made_once(house: House) -> None:
    payment_id = await of_the_platform(house)
    await house.control("DELETE", "/faults?seed=3")
    for effect in ("reset_after", "reset_before", "error_after"):
        fault = {"effect": effect, "method": "POST", "path": "/v1/refunds", "probability": 0.3}
        await house.control("POST", "/faults", fault)

    outcomes = await race(house, payment_id, [900] * 20)
    unknown = reasons(outcomes)["OUTCOME_UNKNOWN"]
    assert unknown > 0
    assert given_back(outcomes) + unknown * 900 == 9_900
    await house.control("DELETE", "/faults")
    await until_known(house)

    settled = await race(house, payment_id, [900] * 20)

    assert given_back(settled) == 9_900
    assert reasons(settled) == {"REFUND_EXCEEDS_CAPTURED": 9}
    await books_agree(house, payment_id, 9_900)


async def test_many_copies_of_one_refund_have_one_effect(house: House) -> None:
    payment_id = await of_the_platform(house)

    copies = await asyncio.gather(*(outcome(house, "k", payment_id, amount=usd(1_000)) for _ in range(20)))

    made = [each for each in copies if isinstance(each, refund_pb2.Refund)]
    assert made
    assert set(reasons(list(copies))) <= {"REQUEST_IN_PROGRESS"}
    assert {each.SerializeToString(deterministic=True) for each in made} == {
        (await house.refund("k", payment_id, amount=usd(1_000))).SerializeToString(deterministic=True)
    }
    listed = await house.refunds.ListRefunds(refund_service_pb2.ListRefundsRequest(), metadata=house.metadata)
    assert len(listed.refunds) == 1
    await books_agree(house, payment_id, 1_000)
