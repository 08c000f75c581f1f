"""SIGKILL in the worst moments: of the service in every phase of a call, of the worker wherever it books something.

Each process dies at a named failpoint by its own hand, in the middle of an instruction, as by `kill -9`.
"""

import asyncio
import signal
from collections.abc import Iterator
from functools import partial

import grpc
import pytest

from payments_service.application.failpoints import (
    AFTER_CLAIM,
    AFTER_COMMIT,
    AFTER_STRIPE,
    BEFORE_CLAIM,
    BEFORE_COMMIT,
    COMPLETER_AFTER_STRIPE,
    INBOX_BEFORE_COMMIT,
    SETTLEMENT_AFTER_COMMIT,
    SETTLEMENT_BEFORE_COMMIT,
)
from tests.e2e.books import booked_types, until_the_books_are_right
from tests.e2e.caller import Caller, calling, failure
from tests.e2e.conftest import NewStack
from tests.e2e.marketplace import (
    Call,
    Prepare,
    Seller,
    at_stripe,
    cancel,
    capture,
    confirm,
    create,
    create_account,
    create_confirmed,
    open_shop,
    refund,
)
from tests.e2e.retrying import until_final
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

pytestmark = pytest.mark.xdist_group("e2e-kills")

SHORT = {"PAYMENTS_STRIPE_TIMEOUT_MS": "1000", "PAYMENTS_STRIPE_ATTEMPTS_MAX": "1"}
"""So that an operation that nobody finishes may soon be taken over by the worker."""

WAITING = {"REQUEST_IN_PROGRESS", "OUTCOME_UNKNOWN"}
"""What a retry is told before the worker has finished what the dead process began."""

MAIN = (create_confirmed, capture, refund)


@pytest.fixture(scope="module")
def market(make_stack: NewStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Seller]]:
    """One stack, of which these tests kill one process after the other, and a seller in it."""
    with make_stack(tmp_path_factory.mktemp("kills"), **SHORT) as stack:
        stack.start()
        yield stack, asyncio.run(_open_shop(stack))


async def _open_shop(stack: Stack) -> Seller:
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        return await open_shop(caller, stack)


@pytest.mark.parametrize(
    ("failpoint", "prepares", "reasons"),
    [
        pytest.param(BEFORE_CLAIM, MAIN, set(), id="before the claim"),
        pytest.param(AFTER_CLAIM, MAIN, WAITING, id="after the claim"),
        pytest.param(
            AFTER_STRIPE, (*MAIN, create, confirm, cancel, create_account), WAITING, id="after Stripe's answer"
        ),
        pytest.param(BEFORE_COMMIT, MAIN, WAITING, id="before the commit"),
        pytest.param(AFTER_COMMIT, MAIN, set(), id="after the commit"),
    ],
)
async def test_a_service_that_dies_in_a_call_does_it_once_and_gives_the_stored_reply(
    market: tuple[Stack, Seller], failpoint: str, prepares: tuple[Prepare, ...], reasons: set[str]
) -> None:
    stack, seller = market
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        before = await booked_types(stack)
        calls = [await prepare(caller, seller) for prepare in prepares]

    for call in calls:
        stack.program("server").kill()
        stack.start_server(PAYMENTS_FAILPOINT=f"{failpoint}@{call.kind}")
        await _dies_of(stack, call)
    stack.start_server()

    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        for call in calls:
            await _is_final(caller, call, reasons=reasons, stored=failpoint != BEFORE_CLAIM)
        assert await at_stripe(stack.stripe, calls) == [[call.effect] for call in calls]
        booked = sum((call.booked for call in calls), before)
        await until_the_books_are_right(caller, stack, seller, booked)


async def test_a_worker_that_dies_wherever_it_stores_something_stores_it_once(market: tuple[Stack, Seller]) -> None:
    stack, seller = market
    # Where it dies, of which call, and, where it must finish that call itself, at which path Stripe's answer is lost.
    deaths: list[tuple[str, Prepare, str]] = [
        (COMPLETER_AFTER_STRIPE, create_confirmed, "/v1/payment_intents"),
        (BEFORE_COMMIT, refund, "/v1/refunds"),
        (INBOX_BEFORE_COMMIT, capture, ""),
        (SETTLEMENT_BEFORE_COMMIT, create_confirmed, ""),
        (SETTLEMENT_AFTER_COMMIT, refund, ""),
    ]
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        before = await booked_types(stack)
        calls = [await prepare(caller, seller) for _, prepare, _ in deaths]

        for call, (failpoint, _, lost) in zip(calls, deaths, strict=True):
            stack.program("worker").kill()
            stack.start_worker(PAYMENTS_FAILPOINT=failpoint)
            if lost:
                fault = {"effect": "reset_after", "method": "POST", "path": lost, "count": 1}
                await stack.stripe.control("/faults", fault)
                assert (await failure(caller.raw(call.method, call.request))).reason == "OUTCOME_UNKNOWN"
            else:
                await caller.raw(call.method, call.request)
            assert stack.program("worker").ended() == -signal.SIGKILL
        stack.start_worker()

        for call in calls:
            await _is_final(caller, call, reasons=WAITING, stored=True)
            await until(partial(_shows_every_event, caller, stack, call))
        assert await at_stripe(stack.stripe, calls) == [[call.effect] for call in calls]
        booked = sum((call.booked for call in calls), before)
        await until_the_books_are_right(caller, stack, seller, booked)


async def _dies_of(stack: Stack, call: Call) -> None:
    """Make a call of which the server dies."""
    async with calling(stack.target, stack.token, stack.ca_file) as caller:
        died = await failure(caller.raw(call.method, call.request))
    assert (died.code, died.reason) == (grpc.StatusCode.UNAVAILABLE, "")
    assert stack.program("server").ended() == -signal.SIGKILL


async def _shows_every_event(caller: Caller, stack: Stack, call: Call) -> bool:
    """Whether all that Stripe has told about a payment has been applied to it."""
    [payment] = await caller.payments_for(call.reference)
    return set(payment.stripe_event_ids) == await stack.stripe.events_about(payment.stripe_payment_intent_id)


async def _is_final(caller: Caller, call: Call, *, reasons: set[str], stored: bool) -> None:
    """Retry until the reply comes, which is the one that is stored, and shows what was done."""
    reply, refused = await until_final(caller, call)
    assert set(refused) <= reasons
    assert ("idempotent-replay" in reply.trailing) == stored
    said = call.reply.FromString(reply.body)
    [(_, shown), *_] = said.ListFields()
    assert shown.state == call.state
    again = await caller.raw(call.method, call.request)
    assert again.body == reply.body
    assert again.trailing["idempotent-replay"] == "true"
