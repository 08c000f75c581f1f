"""Stripe that cannot be reached, and a service that dies in the worst moment."""

import signal

import grpc
import pytest
from payments_api.v1 import payment_pb2
from payments_api.v1.payment_service_pb2 import CreatePaymentRequest

from tests.e2e.caller import Caller, RawReply, calling, failure, new_payment
from tests.e2e.conftest import NewStack
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("e2e-outages")

SHORT = {"PAYMENTS_STRIPE_TIMEOUT_MS": "500", "PAYMENTS_STRIPE_ATTEMPTS_MAX": "1"}
"""So that an operation that nobody finishes may soon be taken over by the worker."""


async def test_when_stripe_refuses_connections_nothing_happens_then_or_later(new_stack: NewStack) -> None:
    stack = new_stack(**SHORT)
    stack.start()
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        request = new_payment(payment_method="pm_card_visa", confirm=True)
        stack.program("sandbox").kill()
        refused = await failure(caller.create(request))
        assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "STRIPE_UNAVAILABLE")
        assert refused.retryable
        assert [found.state for found in await caller.payments_for(request.reference)] == [
            payment_pb2.PAYMENT_STATE_FAILED
        ]

        stack.start_sandbox()
        await _completer_has_nothing_left(stack)
        assert await stack.stripe.intents(request.reference) == []

        # The key is free again: the same request now works, afresh.
        await until(lambda: _succeeds(caller, request))
        assert len(await stack.stripe.intents(request.reference)) == 1


async def test_a_service_killed_between_stripes_answer_and_the_commit_finishes_once(new_stack: NewStack) -> None:
    stack = new_stack(**SHORT)
    stack.start(PAYMENTS_FAILPOINT="operation.after_stripe")
    request = new_payment(payment_method="pm_card_visa", confirm=True)
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        died = await failure(caller.create(request))
        assert died.code is grpc.StatusCode.UNAVAILABLE
    assert stack.program("server").ended() == -signal.SIGKILL
    assert len(await stack.stripe.intents(request.reference)) == 1

    stack.start_server()
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        # The webhook may show that it is paid before the worker takes the operation over and stores the reply.
        retried = await _once_stored(caller, request)
        assert retried.trailing["idempotent-replay"] == "true"
        assert (await caller.create_raw(request)).body == retried.body
        assert await _is_paid(caller, request.reference)
        assert len(await stack.stripe.intents(request.reference)) == 1
        assert len(await caller.payments_for(request.reference)) == 1
        await until(lambda: _mirror_agrees(caller, stack))
        assert [entry.amount.amount_minor for entry in await caller.entries("stripe:usd")] == [2_397]


async def _completer_has_nothing_left(stack: Stack) -> None:
    """Wait for rounds of the completer that began after now."""
    before = await stack.worker_rounds()

    async def two_more() -> bool:
        return await stack.worker_rounds() >= before + 2

    await until(two_more)


async def _succeeds(caller: Caller, request: CreatePaymentRequest) -> bool:
    try:
        reply = await caller.create_raw(request)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:  # the circuit breaker has not let go yet
            return False
        raise
    return "idempotent-replay" not in reply.trailing


async def _once_stored(caller: Caller, request: CreatePaymentRequest) -> RawReply:
    """Retry with the same key for as long as the answer is to retry with the same key."""
    replies: list[RawReply] = []

    async def answered() -> bool:
        try:
            replies.append(await caller.create_raw(request))
        except grpc.aio.AioRpcError as error:
            # REQUEST_IN_PROGRESS first, OUTCOME_UNKNOWN until the worker has it: both ask for the same key again.
            if error.code() in {grpc.StatusCode.ABORTED, grpc.StatusCode.UNAVAILABLE}:
                return False
            raise
        return True

    await until(answered)
    return replies[0]


async def _is_paid(caller: Caller, reference: str) -> bool:
    return [found.state for found in await caller.payments_for(reference)] == [payment_pb2.PAYMENT_STATE_SUCCEEDED]


async def _mirror_agrees(caller: Caller, stack: Stack) -> bool:
    balance = await stack.stripe.balance()
    mirrors = await caller.mirrors()
    return bool(balance["usd"]) and {key: line.ledger.amount_minor for key, line in mirrors.items()} == balance
