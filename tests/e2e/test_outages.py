"""Stripe that cannot be reached, and a service that dies in the worst moment."""

import grpc
import pytest
from payments_api.v1 import payment_pb2
from payments_api.v1.payment_service_pb2 import CreatePaymentRequest

from tests.e2e.caller import Caller, calling, failure, new_payment
from tests.e2e.conftest import NewStack
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
        # Nor does anybody send it later: there is nothing left that a worker would finish.
        assert stack.unfinished_operations() == 0
        assert await stack.stripe.intents(request.reference) == []

        # The key is free again: the same request now works, afresh.
        await until(lambda: _succeeds(caller, request))
        assert len(await stack.stripe.intents(request.reference)) == 1


async def _succeeds(caller: Caller, request: CreatePaymentRequest) -> bool:
    try:
        reply = await caller.create_raw(request)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:  # the circuit breaker has not let go yet
            return False
        raise
    return "idempotent-replay" not in reply.trailing
