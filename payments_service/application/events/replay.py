"""ReplayStripeEvents: events are worked on once more, from the beginning, with the code as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from payments_service.application.caller import IdempotentRequest, Principal
from payments_service.application.events.model import EventState
from payments_service.application.events.read import events_named, require_operator
from payments_service.application.idempotency import Completed
from payments_service.application.local_request import LocalRequests
from payments_service.application.ports import UnitOfWork
from payments_service.domain.errors import PaymentsError, Reason
from payments_service.domain.ids import Prefix, format_id
from payments_service.observability.work_metrics import EVENTS_REPLAYED_TOTAL

REPLAY_MAX = 1_000
"""Dead events that one call replays at most: a transaction stays short."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replay:
    """Which events to replay: those named, or without names the dead ones, of `types` or of all."""

    names: Sequence[str] = ()
    types: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """What is replayed, and whether there is more of it."""

    event_ids: Sequence[UUID]
    has_more: bool


class ReplayEvents:
    """The use case."""

    def __init__(self, requests: LocalRequests) -> None:
        self._requests = requests

    async def __call__(self, principal: Principal, request: IdempotentRequest, what: Replay) -> Completed:
        """Replay events; the reply says which.

        Raises:
            PaymentsError: STRIPE_EVENT_NOT_FOUND, INVALID_STATE, SCOPE_MISSING, IDEMPOTENCY_KEY_REUSED.
        """
        require_operator(principal)
        done: list[Replayed] = []

        async def work(unit: UnitOfWork) -> Replayed:
            done[:] = [await _replay(unit, what)]
            return done[0]

        completed = await self._requests.run(request, "", work)
        if done and not completed.replayed:
            EVENTS_REPLAYED_TOTAL.inc(len(done[0].event_ids))
            _log.info(
                "audit.stripe_events_replayed",
                caller=request.caller,
                request_id=request.request_id,
                chosen="named" if what.names else "dead",
                types=sorted(what.types),
                events=[format_id(Prefix.STRIPE_EVENT, event_id) for event_id in done[0].event_ids],
            )
        return completed


async def _replay(unit: UnitOfWork, what: Replay) -> Replayed:
    if what.names:
        ids, has_more = await _named(unit, what.names), False
    else:
        found = await unit.inbox.dead(what.types, REPLAY_MAX + 1)
        ids, has_more = found[:REPLAY_MAX], len(found) > REPLAY_MAX
    if ids:
        await unit.inbox.replay(ids)
    return Replayed(ids, has_more)


async def _named(unit: UnitOfWork, names: Sequence[str]) -> list[UUID]:
    events = await events_named(unit, names)
    for event in events:
        if event.state is EventState.REFUSED:
            raise PaymentsError(
                Reason.INVALID_STATE,
                f"{event.event_id} is refused ({event.last_error}): it can have no effect here",
                metadata={"id": format_id(Prefix.STRIPE_EVENT, event.id), "state": event.state.value},
            )
    return [event.id for event in events]
