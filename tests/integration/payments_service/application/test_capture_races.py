"""Calls that race for one payment: exactly one of them has its effect, and the other is told why it has none."""

import asyncio
from typing import Any

import grpc
import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import Failure, House, failure, read_failure
from tests.integration.payments_service.application.mutations import until_known

ROUNDS = 20
SUCCEEDED, CANCELED = payment_pb2.PAYMENT_STATE_SUCCEEDED, payment_pb2.PAYMENT_STATE_CANCELED
LOST = {"OPERATION_IN_PROGRESS", "INVALID_STATE"}


def capture(house: House, payment_id: str, key: str = "capture") -> Any:
    return house.payments.CapturePayment(
        payment_service_pb2.CapturePaymentRequest(idempotency_key=key, payment_id=payment_id), metadata=house.metadata
    )


def cancel(house: House, payment_id: str, key: str = "cancel") -> Any:
    return house.payments.CancelPayment(
        payment_service_pb2.CancelPaymentRequest(idempotency_key=key, payment_id=payment_id), metadata=house.metadata
    )


def confirm(house: House, payment_id: str, key: str = "confirm") -> Any:
    return house.payments.ConfirmPayment(
        payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key=key, payment_id=payment_id, payment_method="pm_card_visa"
        ),
        metadata=house.metadata,
    )


async def state_or_failure(call: Any) -> int | Failure:
    try:
        state: int = (await call).payment.state
    except grpc.aio.AioRpcError as error:
        return read_failure(error)
    return state


async def race(*calls: Any) -> tuple[int, Failure]:
    """The state that the one winner reached, and the error of the one that lost."""
    outcomes = await asyncio.gather(*map(state_or_failure, calls))
    (won,) = (each for each in outcomes if isinstance(each, int))
    (lost,) = (each for each in outcomes if isinstance(each, Failure))
    return won, lost


async def test_capture_and_cancel_never_both_have_their_effect(house: House) -> None:
    seller = await house.seller()
    captured = 0
    for number in range(ROUNDS):
        payment = (await house.sell(f"k{number}", seller.id, capture_method="CAPTURE_METHOD_MANUAL")).payment
        calls = [capture(house, payment.id, f"capture{number}"), cancel(house, payment.id, f"cancel{number}")]

        won, lost = await race(*(calls if number % 2 else calls[::-1]))

        assert won in (SUCCEEDED, CANCELED)
        assert lost.reason in LOST
        intent = await house.stripe(f"/v1/payment_intents/{payment.stripe_payment_intent_id}")
        assert intent["status"] == ("succeeded" if won == SUCCEEDED else "canceled")
        assert (await house.get(payment.id)).payment.state == won
        captured += won == SUCCEEDED
    await house.settle_all()
    await house.books_are_right()
    rows = (await house.stripe("/v1/balance_transactions", limit="100", type="charge"))["data"]
    assert sum(row["amount"] for row in rows) == 10_000 * captured


async def test_confirm_and_cancel_never_both_have_their_effect(house: House) -> None:
    for number in range(ROUNDS):
        payment = (await house.create(f"k{number}")).payment
        calls = [confirm(house, payment.id, f"confirm{number}"), cancel(house, payment.id, f"cancel{number}")]

        won, lost = await race(*(calls if number % 2 else calls[::-1]))

        assert lost.reason in LOST
        intent = await house.stripe(f"/v1/payment_intents/{payment.stripe_payment_intent_id}")
        assert (intent["status"], won) in {("succeeded", SUCCEEDED), ("canceled", CANCELED)}


async def test_two_captures_with_keys_of_their_own_take_the_money_once(house: House) -> None:
    seller = await house.seller()
    for number in range(5):
        payment = (await house.sell(f"k{number}", seller.id, capture_method="CAPTURE_METHOD_MANUAL")).payment

        won, lost = await race(capture(house, payment.id, f"one{number}"), capture(house, payment.id, f"other{number}"))

        assert won == SUCCEEDED
        assert lost.reason in LOST
    await house.settle_all()
    await house.books_are_right()
    rows = (await house.stripe("/v1/balance_transactions", limit="100", type="charge"))["data"]
    assert [row["amount"] for row in rows] == [10_000] * 5


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        pytest.param(capture, cancel, SUCCEEDED, id="a capture in doubt blocks a cancellation"),
        pytest.param(cancel, capture, CANCELED, id="a cancellation in doubt blocks a capture"),
        pytest.param(capture, capture, SUCCEEDED, id="a capture in doubt blocks another"),
    ],
)
@pytest.mark.parametrize("effect", ["reset_after", "reset_before"])
async def test_what_is_in_doubt_blocks_what_would_contradict_it(
    house: House, first: Any, second: Any, state: int, effect: str
) -> None:
    seller = await house.seller()
    payment = (await house.sell("k", seller.id, capture_method="CAPTURE_METHOD_MANUAL")).payment
    verb = "capture" if first is capture else "cancel"
    path = f"/v1/payment_intents/{{id}}/{verb}"
    await house.control("POST", "/faults", {"effect": effect, "method": "POST", "path": path, "count": 1})
    doubtful = await failure(first(house, payment.id, "first"))

    blocked = await failure(second(house, payment.id, "second"))

    assert doubtful.reason == "OUTCOME_UNKNOWN"
    assert (blocked.code, blocked.reason, blocked.retry) == ("ABORTED", "OPERATION_IN_PROGRESS", True)
    assert blocked.metadata["operation_id"] == doubtful.metadata["operation_id"]
    assert doubtful.metadata["operation_id"] in blocked.message
    await until_known(house)
    # The refusal was not kept: it was about the moment.
    after = await failure(second(house, payment.id, "second"))
    assert (after.reason, after.replayed) == ("INVALID_STATE", False)
    assert (await first(house, payment.id, "first")).payment.state == state
    await house.settle_all()
    await house.books_are_right()


async def test_a_confirmation_in_doubt_blocks_another_and_a_cancellation(house: House) -> None:
    payment = (await house.create("k")).payment
    path = "/v1/payment_intents/{id}/confirm"
    await house.control("POST", "/faults", {"effect": "reset_after", "method": "POST", "path": path, "count": 1})
    doubtful = await failure(confirm(house, payment.id, "first"))

    for blocked in (
        await failure(confirm(house, payment.id, "second")),
        await failure(cancel(house, payment.id, "third")),
    ):
        assert (blocked.code, blocked.reason) == ("ABORTED", "OPERATION_IN_PROGRESS")
        assert blocked.metadata["operation_id"] == doubtful.metadata["operation_id"]


@pytest.mark.parametrize("call", [capture, cancel])
async def test_many_copies_of_one_call_have_one_effect(house: House, call: Any) -> None:
    seller = await house.seller()
    payment = (await house.sell("k", seller.id, capture_method="CAPTURE_METHOD_MANUAL")).payment

    outcomes = await asyncio.gather(*(state_or_failure(call(house, payment.id)) for _ in range(20)))

    assert {each for each in outcomes if isinstance(each, int)} == {SUCCEEDED if call is capture else CANCELED}
    assert {each.reason for each in outcomes if isinstance(each, Failure)} <= {"REQUEST_IN_PROGRESS"}
    told = [event["type"] for event in await house.stripe_events()]
    assert told.count("payment_intent.succeeded") + told.count("payment_intent.canceled") == 1
