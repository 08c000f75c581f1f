"""What a caller may get wrong, and what a repeat does."""

import grpc
import pytest
from google.protobuf.message import Message
from payments_api.v1 import money_pb2, payment_service_pb2

from tests.e2e.caller import Caller, failure, new_payment
from tests.e2e.stack import Stack

pytestmark = pytest.mark.xdist_group("e2e-shared-stack")


async def test_the_same_key_twice_gives_the_same_bytes_and_one_object_at_stripe(caller: Caller, stack: Stack) -> None:
    request = new_payment(payment_method="pm_card_visa", confirm=True)
    first = await caller.create_raw(request)
    again = await caller.create_raw(request)
    assert again.body == first.body
    assert "idempotent-replay" not in first.trailing
    assert again.trailing["idempotent-replay"] == "true"
    assert len(await stack.stripe.intents(request.reference)) == 1
    [payment] = await caller.payments_for(request.reference)
    assert (await caller.settled_fees(payment.id)).gross.amount_minor == 2_500


async def test_the_same_key_with_another_amount_is_refused(caller: Caller, stack: Stack) -> None:
    request = new_payment()
    await caller.create(request)
    other = payment_service_pb2.CreatePaymentRequest()
    other.CopyFrom(request)
    other.amount.amount_minor += 1
    refused = await failure(caller.create(other))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "IDEMPOTENCY_KEY_REUSED")
    assert len(await stack.stripe.intents(request.reference)) == 1


@pytest.mark.parametrize(
    ("change", "reason", "field", "advice"),
    [
        (
            {"amount": money_pb2.Money(amount_minor=-1, currency_code="usd")},
            "REQUEST_INVALID",
            "amount",
            "must be greater than 0",
        ),
        (
            {"amount": money_pb2.Money(amount_minor=2_500, currency_code="zzz")},
            "CURRENCY_UNSUPPORTED",
            "amount.currency_code",
            "use an ISO 4217 code",
        ),
        ({"idempotency_key": ""}, "REQUEST_INVALID", "idempotency_key", "is required: 1 to 255 characters"),
    ],
    ids=["negative amount", "unknown currency", "missing key"],
)
async def test_a_wrong_field_is_named_with_what_to_do(
    caller: Caller, stack: Stack, change: dict[str, Message | str], reason: str, field: str, advice: str
) -> None:
    request = new_payment()
    for name, value in change.items():
        if isinstance(value, Message):
            getattr(request, name).CopyFrom(value)
        else:
            setattr(request, name, value)
    refused = await failure(caller.create(request))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert list(refused.violations) == [field]
    assert advice in refused.violations[field]
    assert await stack.stripe.intents(request.reference) == []


async def test_without_a_token_nothing_is_done(stack: Stack, caller: Caller) -> None:
    request = new_payment()
    refused = await failure(caller.payments.CreatePayment(request, timeout=10))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")
    assert await stack.stripe.intents(request.reference) == []
