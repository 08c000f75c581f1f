"""Requests without Stripe: all of it or none, once, whoever repeats it and whatever gets lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from payments_service.application.background import Background
from payments_service.application.caller import IdempotentRequest
from payments_service.application.idempotency import Completed, claim_digest
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.fee.schedule import FeeKind
from payments_service.domain.ids import new_id
from payments_service.storage.cipher import Cipher, new_key
from payments_service.storage.unit_of_work import PostgresTransactions

T = TypeVar("T")
REQUEST = IdempotentRequest("shop", "Service/Method", "k", b"f" * 32, "r")
REFUSED = PaymentsError(Reason.INSUFFICIENT_FUNDS, "too little", metadata={"available_minor": "5"})


class Text:
    """Replies that are text."""

    def encode(self, method: str, result: object) -> bytes:
        return f"{method}: {result}".encode()


class CommitAnswerLost:
    """Runs every transaction to its commit, and then again, as if the answer to COMMIT had not arrived."""

    def __init__(self, inner: Transactions) -> None:
        self._inner = inner

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        await self._inner.run(work)
        return await self._inner.run(work)


@pytest.fixture
def transactions(engine: AsyncEngine) -> PostgresTransactions:
    return PostgresTransactions(engine, Cipher([new_key("test")]))


@pytest.fixture
def requests(transactions: PostgresTransactions) -> LocalRequests:
    return LocalRequests(transactions, Text(), Background())


async def count(unit: UnitOfWork) -> int:
    """A change that shows how often it was kept."""
    return await unit.fee_schedules.next_version(FeeKind.PAYMENT, None)


async def unexpected(_: UnitOfWork) -> int:
    raise AssertionError("a repeat must not do the work again")


async def kept(transactions: Transactions) -> int:
    """How often the change was kept so far."""
    return await transactions.run(count) - 1


async def test_a_repeat_gets_the_stored_reply_and_does_nothing(
    requests: LocalRequests, transactions: PostgresTransactions
) -> None:
    first = await requests.run(REQUEST, "alice", count)
    again = await requests.run(REQUEST, "alice", unexpected)

    assert first == Completed(b"Service/Method: 1", replayed=False)
    assert again == Completed(b"Service/Method: 1", replayed=True)
    assert await kept(transactions) == 1


async def test_another_owner_s_key_is_another_key(requests: LocalRequests) -> None:
    await requests.run(REQUEST, "alice", count)

    assert (await requests.run(REQUEST, "bob", count)).reply == b"Service/Method: 2"


async def test_what_is_refused_is_refused_for_good_and_leaves_nothing_behind(
    requests: LocalRequests, transactions: PostgresTransactions
) -> None:
    async def write_and_refuse(unit: UnitOfWork) -> int:
        await count(unit)
        raise PaymentsError(REFUSED.reason, REFUSED.message, metadata=REFUSED.metadata)

    with pytest.raises(PaymentsError) as first:
        await requests.run(REQUEST, "", write_and_refuse)
    with pytest.raises(PaymentsError) as again:
        await requests.run(REQUEST, "", unexpected)

    assert (first.value.reason, first.value.replayed) == (Reason.INSUFFICIENT_FUNDS, False)
    assert (again.value.reason, again.value.message, again.value.replayed) == (REFUSED.reason, REFUSED.message, True)
    assert again.value.metadata == REFUSED.metadata
    assert await kept(transactions) == 0


@pytest.mark.parametrize("reason", [Reason.REQUEST_INVALID, Reason.ACCOUNT_NOT_FOUND, Reason.OVERLOADED])
async def test_what_may_go_well_the_next_time_is_not_stored(requests: LocalRequests, reason: Reason) -> None:
    async def fail(_: UnitOfWork) -> int:
        raise PaymentsError(reason, "not now")

    with pytest.raises(PaymentsError):
        await requests.run(REQUEST, "", fail)

    assert await requests.run(REQUEST, "", count) == Completed(b"Service/Method: 1", replayed=False)


async def test_a_defect_keeps_neither_the_change_nor_the_key(
    requests: LocalRequests, transactions: PostgresTransactions
) -> None:
    async def write_and_break(unit: UnitOfWork) -> int:
        await count(unit)
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        await requests.run(REQUEST, "", write_and_break)

    assert await kept(transactions) == 0
    assert not (await requests.run(REQUEST, "", count)).replayed


async def test_a_lost_answer_to_commit_makes_it_neither_twice_nor_a_repeat(
    requests: LocalRequests, transactions: PostgresTransactions
) -> None:
    unlucky = LocalRequests(CommitAnswerLost(transactions), Text(), Background())

    assert await unlucky.run(REQUEST, "", count) == Completed(b"Service/Method: 1", replayed=False)
    assert (await requests.run(REQUEST, "", unexpected)).replayed
    assert await kept(transactions) == 1


async def test_a_lost_answer_to_the_commit_of_a_refusal_is_no_repeat_either(transactions: PostgresTransactions) -> None:
    unlucky = LocalRequests(CommitAnswerLost(transactions), Text(), Background())

    async def refuse(_: UnitOfWork) -> int:
        raise PaymentsError(REFUSED.reason, REFUSED.message)

    with pytest.raises(PaymentsError) as raised:
        await unlucky.run(REQUEST, "", refuse)

    assert (raised.value.reason, raised.value.replayed) == (REFUSED.reason, False)


async def test_a_refusal_gives_way_to_what_a_copy_has_done_meanwhile(requests: LocalRequests) -> None:
    async def refuse_after_a_copy(_: UnitOfWork) -> int:
        raise PaymentsError(REFUSED.reason, REFUSED.message)

    class CopyInBetween:
        """Lets a copy of the request succeed after each transaction that failed."""

        async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
            try:
                return await requests._transactions.run(work)
            except PaymentsError:
                await requests.run(REQUEST, "", count)
                raise

    slow = LocalRequests(CopyInBetween(), Text(), Background())

    assert await slow.run(REQUEST, "", refuse_after_a_copy) == Completed(b"Service/Method: 1", replayed=True)


async def test_a_caller_who_goes_away_does_not_stop_it(requests: LocalRequests) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(unit: UnitOfWork) -> int:
        begun.set()
        await go_on.wait()
        return await count(unit)

    caller = asyncio.create_task(requests.run(REQUEST, "", slow))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()

    assert await requests.run(REQUEST, "", unexpected) == Completed(b"Service/Method: 1", replayed=True)


async def test_a_key_that_an_operation_with_stripe_holds_is_still_running(
    requests: LocalRequests, transactions: PostgresTransactions
) -> None:
    async def claim(unit: UnitOfWork) -> UUID:
        operation_id = new_id()
        await unit.idempotency.claim(claim_digest(REQUEST, ""), REQUEST.fingerprint, operation_id)
        return operation_id

    await transactions.run(claim)

    with pytest.raises(PaymentsError) as raised:
        await requests.run(REQUEST, "", unexpected)
    assert (raised.value.reason, raised.value.retry_after_ms) == (Reason.REQUEST_IN_PROGRESS, 2_000)
