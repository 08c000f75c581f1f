"""Group commit: calls that post at the same time share one database transaction, with their keys and their replies.

Keys are looked for at the beginning and stored, complete with their outcomes, at the end: one row a call that is never
updated. A copy of a call that is being committed elsewhere is not seen at the beginning, but collides at the end; then
the whole group is run again, and finds it (`storage/retry.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from payments_service.application.background import Background
from payments_service.application.caller import IdempotentRequest
from payments_service.application.grouping import Grouping, GroupLimits
from payments_service.application.idempotency import (
    Completed,
    check_fingerprint,
    claim_digest,
    in_progress,
    is_final,
    stored_answer,
)
from payments_service.application.ledger.group_ports import PostingGroup, PostingGroups
from payments_service.application.ledger.posting import Answer, answers_of, requested_by, wanted
from payments_service.application.ledger.requests import Asked
from payments_service.application.ports import Claim, CompletedKey, ReplyCodec, StoredOutcome
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import new_id
from payments_service.domain.value_object import value_object

LIMITS = GroupLimits(weight_max=256, waiting_max=20_000, pause_from=8, pause_seconds=0.008)
"""In transactions to post. What every group costs is many times the cost of one of its calls, so under load it pays to
let it grow; beyond 256 it would only keep its first callers waiting (measured: docs/performance.md).
"""


@value_object
class _Call:
    """One call that posts.

    Attributes:
        digest: what identifies its key.
        attempt_id: what is stored with the key, so that a call knows its own outcome again.
        result: makes the call's result of what became of its drafts, or raises its error.
    """

    request: IdempotentRequest
    digest: bytes
    attempt_id: UUID
    asked: Asked
    result: Callable[[Sequence[Answer]], object]


class GroupCommit:
    """Commits calls that post, as many at once as have come.

    Args:
        groups: where they commit.
        codec: for their replies, which are stored.
        background: keeps a group alive whose callers have gone.
        limits: how much at once, and how much may wait.
    """

    def __init__(
        self, groups: PostingGroups, codec: ReplyCodec, background: Background, limits: GroupLimits = LIMITS
    ) -> None:
        self._groups = groups
        self._codec = codec
        self._grouping: Grouping[_Call, Completed] = Grouping("post", self._commit, limits, background)

    async def run(
        self, request: IdempotentRequest, asked: Asked, result: Callable[[Sequence[Answer]], object]
    ) -> Completed:
        """Post what a call asks for, once, or give the stored outcome of an earlier call with the same key.

        Whoever calls this has checked already that the caller may: a stored reply is given without asking again.

        Args:
            request: the call; its method must be one that the codec knows.
            asked: what it asks for.
            result: the call's result, or its error, by what became of its drafts.

        Raises:
            PaymentsError: IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS, OVERLOADED, DATABASE_UNAVAILABLE, and what
                `result` raises.
        """
        digest = claim_digest(request, asked.principal.key_scope)
        call = _Call(request, digest, new_id(), asked, result)
        return await self._grouping.submit(call, max(1, len(asked.drafts)))

    async def _commit(self, calls: Sequence[_Call]) -> Sequence[Completed | Exception]:
        return await self._groups.run(partial(self._commit_in, calls))

    async def _commit_in(self, calls: Sequence[_Call], group: PostingGroup) -> list[Completed | Exception]:
        """Post all calls that have no outcome yet; gives each its own."""
        first_of = {call.digest: call for call in reversed(calls)}
        firsts = [call for call in calls if first_of[call.digest] is call]
        requested = await requested_by(group, [call.asked for call in firsts])
        begun = await group.begin([call.digest for call in firsts], wanted(requested))
        new = [(call, asked) for call, asked in zip(firsts, requested, strict=True) if call.digest not in begun.claims]
        decision = begun.decide(wanted([asked for _, asked in new]))
        answers = await answers_of(group, [asked for _, asked in new], decision.outcomes)
        outcomes: dict[bytes, StoredOutcome] = {}

        def completed() -> list[CompletedKey]:
            outcomes.update(
                (call.digest, self._outcome(call, answer)) for (call, _), answer in zip(new, answers, strict=True)
            )
            return [
                CompletedKey(call.digest, call.request.fingerprint, call.attempt_id, outcomes[call.digest])
                for call, _ in new
                if _is_kept(outcomes[call.digest])
            ]

        await group.commit(decision, completed)
        return [_answer(call, first_of[call.digest], begun.claims, outcomes) for call in calls]

    def _outcome(self, call: _Call, answers: Sequence[Answer]) -> StoredOutcome:
        try:
            return StoredOutcome(reply=self._codec.encode(call.request.method, call.result(answers)))
        except PaymentsError as error:
            return StoredOutcome(error=error)


def _is_kept(outcome: StoredOutcome) -> bool:
    return outcome.error is None or is_final(outcome.error)


def _answer(
    call: _Call, first: _Call, claims: Mapping[bytes, Claim], outcomes: Mapping[bytes, StoredOutcome]
) -> Completed | Exception:
    """What a call is told: what has just become of it, or of an earlier call with its key."""
    try:
        claim = claims.get(call.digest)
        if claim is None:
            if call is not first:
                check_fingerprint(first.request.fingerprint, call.request)
            outcome = outcomes[call.digest]
            return stored_answer(outcome, replayed=call is not first and _is_kept(outcome))
        check_fingerprint(claim.fingerprint, call.request)
        if claim.outcome is None:
            return in_progress(claim.operation_id)
        # An attempt that had committed, and lost only the answer to its COMMIT, finds its own outcome here.
        return stored_answer(claim.outcome, replayed=claim.operation_id != call.attempt_id)
    except PaymentsError as error:
        return error
