"""Calls that post at the same time share a commit, and each gets exactly what it would have got alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import grpc
import pytest
from payments_api.v1 import ledger_pb2

from payments_service.application.background import Background
from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.grouping import GroupLimits
from payments_service.application.idempotency import Completed
from payments_service.application.ledger.drafts import Draft, DraftPosting
from payments_service.application.ledger.group_commit import GroupCommit
from payments_service.application.ledger.group_ports import PostingGroup, PostingGroups
from payments_service.application.ledger.post import PostTransactions
from payments_service.application.ports import CompletedKey
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ledger.outcome import Decision
from payments_service.domain.ledger.transaction import TransactionKind
from payments_service.storage.ledger.posting_group import PostgresPostingGroup, PostgresPostingGroups
from payments_service.transport.replies import ProtobufReplyCodec
from tests.integration.payments_service.application.ledger.teller import Teller, posting

T = TypeVar("T")
BACKEND = Principal("shop", frozenset())
A, B = "caller:a", "caller:b"
METHOD = "payments_api.v1.LedgerService/PostTransaction"


def transfer(amount: int = 1, key: str = "", **fields: Any) -> dict[str, Any]:
    draft = ledger_pb2.NewTransaction(postings=[posting(A, B, amount)], **fields)
    return {"transaction": draft} | ({"idempotency_key": key} if key else {})


async def outcome(call: Any) -> Any:
    """The reply, or the error's details."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        return error


def post(amount: int, key: str) -> tuple[IdempotentRequest, Draft]:
    draft = Draft(kind=TransactionKind.POST, postings=(DraftPosting(A, B, amount, "usd"),))
    return IdempotentRequest("shop", METHOD, key, str(amount).encode().ljust(32), "r"), draft


def poster(teller: Teller, groups: PostingGroups | None = None, limits: GroupLimits | None = None) -> PostTransactions:
    codec, background = ProtobufReplyCodec(), Background()
    commit = GroupCommit(groups or teller.core.posting_groups, codec, background, *([limits] if limits else []))
    return PostTransactions(teller.core.transactions, commit, codec)


async def test_calls_at_the_same_time_share_transactions(teller: Teller) -> None:
    await teller.accounts(A, B)

    replies = await asyncio.gather(*(teller.call("PostTransaction", **transfer(n)) for n in range(1, 101)))

    assert len({reply.transaction.id for reply in replies}) == 100
    assert await teller.posted(A, B) == [-5050, 5050]
    [(commits,)] = await teller.sql("SELECT count(DISTINCT record_time) FROM ledger_transactions")
    assert commits < 100
    # Each reply shows the books right after its own transaction and before the next of its group.
    versions = sorted(reply.balances[0].version for reply in replies)
    assert versions == list(range(1, 101))


async def test_copies_of_a_call_in_one_group_are_one_posting_and_its_repeats(teller: Teller) -> None:
    await teller.accounts(A, B)
    calls = [teller.call("PostTransaction", **transfer(5, "same")) for _ in range(20)]

    replies = await asyncio.gather(*calls)
    replays = [dict(await call.trailing_metadata()).get("idempotent-replay") for call in calls]

    assert len({reply.SerializeToString() for reply in replies}) == 1
    assert sorted(replays, key=str) == [None] + ["true"] * 19
    assert await teller.posted(A, B) == [-5, 5]


async def test_a_key_with_two_bodies_in_one_group_posts_one_of_them(teller: Teller) -> None:
    await teller.accounts(A, B)

    results = await asyncio.gather(
        *(outcome(teller.call("PostTransaction", **transfer(amount, "same"))) for amount in (3, 4, 3))
    )

    errors = [one for one in results if isinstance(one, grpc.aio.AioRpcError)]
    assert len(errors) in {1, 2}
    assert all(error.code() is grpc.StatusCode.INVALID_ARGUMENT for error in errors)
    assert await teller.posted(B) in ([3], [4])


async def test_a_refusal_is_kept_for_its_key_and_does_not_touch_the_others(teller: Teller) -> None:
    await teller.account(A, floor_minor=0)
    await teller.account(B)

    results = await asyncio.gather(
        *(outcome(teller.call("PostTransaction", **transfer(1, f"poor-{n}"))) for n in range(10)),
        *(teller.post(B, A, 2) for _ in range(3)),
    )
    refused = [one for one in results[:10] if isinstance(one, grpc.aio.AioRpcError)]
    await teller.post(B, A, 1_000)
    again = [await outcome(teller.call("PostTransaction", **transfer(1, f"poor-{n}"))) for n in range(10)]

    assert {error.code() for error in refused} <= {grpc.StatusCode.FAILED_PRECONDITION}
    assert [isinstance(one, grpc.aio.AioRpcError) for one in again] == [
        isinstance(one, grpc.aio.AioRpcError) for one in results[:10]
    ]
    assert await teller.posted(A) == [1_006 - (10 - len(refused))]


async def test_an_item_that_the_database_cannot_take_fails_alone(
    teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await teller.accounts(A, B)
    honest = PostgresPostingGroup.commit

    async def spoilt(
        self: PostgresPostingGroup, decision: Decision, keys: Callable[[], Sequence[CompletedKey]]
    ) -> None:
        if any(transaction.description == "poison" for transaction in decision.transactions):
            raise ValueError("a defect that one item brings out")
        await honest(self, decision, keys)

    monkeypatch.setattr(PostgresPostingGroup, "commit", spoilt)
    results = await asyncio.gather(
        *(outcome(teller.call("PostTransaction", **transfer(1))) for _ in range(20)),
        outcome(teller.call("PostTransaction", **transfer(1, "bad", description="poison"))),
        *(outcome(teller.call("PostTransaction", **transfer(1))) for _ in range(20)),
    )

    errors = [one for one in results if isinstance(one, grpc.aio.AioRpcError)]
    assert [error.code() for error in errors] == [grpc.StatusCode.INTERNAL]
    assert isinstance(results[20], grpc.aio.AioRpcError)
    assert await teller.posted(A, B) == [-40, 40]
    # Nothing is kept of a defect: once it is mended, the same call goes through.
    monkeypatch.undo()
    assert (await teller.call("PostTransaction", **transfer(1, "bad", description="poison"))).transaction.id


class CommitAnswerLost:
    """Runs every transaction to its commit, and then again, as if the answer to COMMIT had not arrived."""

    def __init__(self, inner: PostingGroups) -> None:
        self._inner = inner

    async def run(self, work: Callable[[PostingGroup], Awaitable[T]]) -> T:
        await self._inner.run(work)
        return await self._inner.run(work)


async def test_a_lost_answer_to_commit_posts_nothing_twice(teller: Teller) -> None:
    await teller.accounts(A, B)
    unlucky = poster(teller, CommitAnswerLost(teller.core.posting_groups))

    first, copy, other = await asyncio.gather(
        *(unlucky.one(BACKEND, *post(*what)) for what in ((7, "k"), (7, "k"), (8, "other")))
    )

    assert [first.replayed, copy.replayed, other.replayed] == [False, True, False]
    assert first.reply == copy.reply
    assert await teller.posted(A, B) == [-15, 15]


async def test_two_processes_with_copies_of_the_same_calls_post_each_once(teller: Teller) -> None:
    await teller.accounts(A, B)
    both = [poster(teller) for _ in range(2)]

    results: list[Completed] = await asyncio.gather(
        *(process.one(BACKEND, *post(amount, f"k-{amount}")) for amount in range(1, 31) for process in both)
    )

    pairs = list(zip(results[::2], results[1::2], strict=True))
    assert all(one.reply == other.reply for one, other in pairs)
    assert all([one.replayed, other.replayed].count(True) == 1 for one, other in pairs)
    assert await teller.posted(A, B) == [-465, 465]


async def test_what_finds_no_room_to_wait_is_refused_and_nothing_of_it_happens(teller: Teller) -> None:
    await teller.accounts(A, B)
    small = poster(teller, limits=GroupLimits(weight_max=1, waiting_max=2, pause_from=9, pause_seconds=0))

    results = await asyncio.gather(*(small.one(BACKEND, *post(1, f"k-{n}")) for n in range(10)), return_exceptions=True)

    errors = [one for one in results if isinstance(one, PaymentsError)]
    assert {error.reason for error in errors} == {Reason.OVERLOADED}
    assert all(error.retry_after_ms for error in errors)
    assert await teller.posted(B) == [10 - len(errors)]
    retried = await asyncio.gather(*(small.one(BACKEND, *post(1, f"k-{n}")) for n in range(2)))
    assert len(retried) == 2


async def test_a_caller_who_goes_away_while_its_group_commits_can_learn_the_outcome(teller: Teller) -> None:
    await teller.accounts(A, B)
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(PostgresPostingGroups):
        async def run(self, work: Callable[[PostingGroup], Awaitable[T]]) -> T:
            begun.set()
            await go_on.wait()
            return await super().run(work)

    slow = poster(teller, Slow(teller.core.engine, teller.core.transactions._cipher))
    caller = asyncio.create_task(slow.one(BACKEND, *post(9, "k")))
    await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    go_on.set()

    assert (await slow.one(BACKEND, *post(9, "k"))).replayed
    assert await teller.posted(A, B) == [-9, 9]


async def test_balances_that_are_asked_for_together_see_what_was_posted_before(teller: Teller) -> None:
    await teller.accounts(A, B)

    async def post_and_look(amount: int) -> bool:
        reply = await teller.post(A, B, amount)
        return (await teller.balance(B)).version >= reply.balances[1].version

    assert all(await asyncio.gather(*(post_and_look(amount) for amount in range(1, 51))))
    missing = await teller.fails("GetBalance", code="caller:nobody")
    assert missing.reason == "LEDGER_ACCOUNT_NOT_FOUND"
