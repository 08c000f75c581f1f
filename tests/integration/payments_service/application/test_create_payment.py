"""CreatePayment: one payment intent, one answer, whatever the caller repeats."""

import asyncio
import sys
from importlib.abc import MetaPathFinder

import grpc
import pytest
from payments_api.v1 import payment_pb2, payment_service_pb2

from tests.integration.payments_service.application.house import PAY, House, create_request, failure


async def test_a_confirmed_payment_is_paid(house: House) -> None:
    reply = await house.create("k", owner_id="user_1", metadata={"cart": "7"}, description="Lesson", **PAY)

    payment = reply.payment
    assert payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert payment.amount_captured.amount_minor == 2500
    assert (payment.owner_id, payment.reference, payment.metadata["cart"]) == ("user_1", "order_1", "7")
    assert reply.client_secret.startswith(payment.stripe_payment_intent_id)
    (intent,) = await house.intents()
    assert (intent["id"], intent["amount"]) == (payment.stripe_payment_intent_id, 2500)
    assert intent["metadata"]["payments_payment_id"] == payment.id
    assert intent["metadata"]["cart"] == "7"


async def test_a_payment_looks_for_no_module(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_for: list[str] = []

    class Finder(MetaPathFinder):
        def find_spec(self, fullname: str, path: object, target: object = None) -> None:  # noqa: ARG002 - importlib's
            looked_for.append(fullname)

    await house.create("first", **PAY)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])

    await house.create("second", reference="order_2", **PAY)

    # One that is not there is looked for in all of sys.path, and again with every payment.
    assert looked_for == []


async def test_the_same_key_gets_the_same_bytes_and_one_intent(house: House) -> None:
    first = await house.create("k", **PAY)
    call = house.payments.CreatePayment(create_request("k", **PAY), metadata=house.metadata)
    again = await call

    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
    assert dict(await call.trailing_metadata())["idempotent-replay"] == "true"
    assert len(await house.intents()) == 1


async def test_the_reply_stays_the_same_when_the_payment_moves_on(house: House) -> None:
    first = await house.create("k")
    await house.payments.ConfirmPayment(
        payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key="c", payment_id=first.payment.id, payment_method="pm_card_visa"
        ),
        metadata=house.metadata,
    )

    assert await house.create("k") == first
    assert (await house.get(first.payment.id)).payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"amount_minor": 2501, "currency_code": "usd"}},
        {"amount": {"amount_minor": 2500, "currency_code": "eur"}},
        {"reference": "order_2"},
        {"description": "x"},
        {"metadata": {"a": "b"}},
        {"payment_method": "pm_card_mastercard"},
        {"confirm": False},
    ],
)
async def test_the_same_key_with_another_request_is_refused(house: House, change: dict[str, object]) -> None:
    await house.create("k", **PAY)

    failed = await failure(house.create("k", **(PAY | change)))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED")
    assert len(await house.intents()) == 1


async def test_keys_of_other_callers_and_owners_are_other_keys(house: House) -> None:
    await house.create("k", owner_id="user_1")
    await house.create("k", owner_id="user_2")
    house.metadata = house.as_caller("another backend")
    await house.create("k", owner_id="user_1")

    assert len(await house.intents()) == 3


async def test_many_at_once_with_one_key_make_one_payment(house: House) -> None:
    calls = [house.create("k", **PAY) for _ in range(20)]
    results = await asyncio.gather(*calls, return_exceptions=True)

    replies = [result for result in results if isinstance(result, payment_service_pb2.CreatePaymentResponse)]
    errors = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert len(replies) + len(errors) == 20
    assert {reply.SerializeToString(deterministic=True) for reply in replies} == {
        (await house.create("k", **PAY)).SerializeToString(deterministic=True)
    }
    assert {error.code() for error in errors} <= {grpc.StatusCode.ABORTED}
    assert len(await house.intents()) == 1


async def test_a_declined_card_leaves_a_payment_to_try_again(house: House) -> None:
    request = {"payment_method": "pm_card_chargeDeclinedInsufficientFunds", "confirm": True}

    failed = await failure(house.create("k", **request))
    again = await failure(house.create("k", **request))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "STRIPE_DECLINED")
    assert failed.metadata["decline_code"] == "insufficient_funds"
    assert (again.reason, again.metadata["payment_id"], again.replayed) == (
        failed.reason,
        failed.metadata["payment_id"],
        True,
    )
    payment = (await house.get(failed.metadata["payment_id"])).payment
    assert payment.state == payment_pb2.PAYMENT_STATE_REQUIRES_PAYMENT_METHOD
    assert payment.last_failure.decline_code == "insufficient_funds"
    paid = await house.payments.ConfirmPayment(
        payment_service_pb2.ConfirmPaymentRequest(
            idempotency_key="c", payment_id=payment.id, payment_method="pm_card_visa"
        ),
        metadata=house.metadata,
    )
    assert paid.payment.state == payment_pb2.PAYMENT_STATE_SUCCEEDED
    assert not paid.payment.HasField("last_failure")
    assert len(await house.intents()) == 1


async def test_what_stripe_rejects_fails_for_good(house: House) -> None:
    request = {"amount": {"amount_minor": 1, "currency_code": "usd"}}

    failed = await failure(house.create("k", **request))

    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "STRIPE_REJECTED")
    assert failed.metadata["stripe_code"] == "amount_too_small"
    assert (await house.get(failed.metadata["payment_id"])).payment.state == payment_pb2.PAYMENT_STATE_FAILED


async def test_bad_fields_are_all_named_with_what_to_do(house: House) -> None:
    failed = await failure(
        house.create("", amount={"amount_minor": -5, "currency_code": "dollars"}, metadata={"payments_x": "1"})
    )

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "REQUEST_INVALID")
    assert "1 to 255 characters" in failed.fields["idempotency_key"]
    assert "greater than 0" in failed.fields["amount"]
    assert "ISO 4217" in failed.fields["amount.currency_code"]
    assert any("rename" in text for field, text in failed.fields.items() if "payments_x" in field)


async def test_a_currency_that_nobody_uses_is_named(house: House) -> None:
    failed = await failure(house.create("k", amount={"amount_minor": 5, "currency_code": "ZZZ"}))

    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "CURRENCY_UNSUPPORTED")
    assert "'ZZZ'" in failed.fields["amount.currency_code"]


async def test_an_unlisted_return_url_is_refused_before_anything_happens(house: House) -> None:
    failed = await failure(house.create("k", return_url="https://evil.example/", **PAY))

    assert failed.reason == "RETURN_URL_NOT_ALLOWED"
    assert await house.intents() == []
    assert await house.sql("SELECT 1 FROM idempotency_keys") == []


async def test_a_user_pays_for_itself_and_for_nobody_else(house: House) -> None:
    backend = house.metadata
    house.metadata = house.as_caller("idp|alice", ["alice"])
    mine = (await house.create("k")).payment
    refused = await failure(house.create("l", owner_id="bob"))
    house.metadata = house.as_caller("idp|bob", ["bob"])
    hidden = await failure(house.get(mine.id))

    assert mine.owner_id == "alice"
    assert refused.code == "PERMISSION_DENIED"
    assert (hidden.code, hidden.reason) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")
    house.metadata = backend
    assert (await house.get(mine.id)).payment.id == mine.id


async def test_stored_replies_are_not_readable_in_the_database(house: House) -> None:
    reply = await house.create("k", owner_id="user_canary", **PAY)

    ((outcome,),) = await house.sql("SELECT outcome FROM idempotency_keys")
    assert b"user_canary" not in outcome
    dump = str(await house.sql("SELECT to_jsonb(o), to_jsonb(p) FROM stripe_operations o, payments p"))
    assert reply.client_secret not in dump
