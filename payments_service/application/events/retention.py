"""Removing what is old: bodies of events, events that are done, idempotency keys. A bounded piece a round."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from payments_service.application.ports import Transactions
from payments_service.observability.work_metrics import REMOVED_TOTAL

PIECE = 1_000
"""Rows that are looked at in one transaction."""

_NO_ID = UUID(int=0)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long things are kept: bodies of events, events that are done, idempotency keys."""

    bodies: timedelta
    events: timedelta
    keys: timedelta


class RemoveOld:
    """The use case. It remembers how far it has come, and begins again when the process does."""

    def __init__(self, transactions: Transactions, keep: Keep) -> None:
        self._transactions = transactions
        self._keep = keep
        self._bodies_after = _NO_ID
        self._keys_after = b""

    async def run_once(self) -> int:
        """Remove a piece of each; returns how much was removed."""
        removed = {"bodies": await self._bodies(), "events": await self._events(), "keys": await self._keys()}
        for what, count in removed.items():
            REMOVED_TOTAL.labels(what).inc(count)
        if any(removed.values()):
            _log.info("retention.removed", **removed)
        return sum(removed.values())

    async def _bodies(self) -> int:
        after = self._bodies_after
        count, last = await self._transactions.run(
            lambda unit: unit.retention.remove_bodies(after, self._keep.bodies, PIECE)
        )
        self._bodies_after = last or after
        return count

    async def _events(self) -> int:
        return await self._transactions.run(lambda unit: unit.retention.remove_events(self._keep.events, PIECE))

    async def _keys(self) -> int:
        after = self._keys_after
        count, last = await self._transactions.run(
            lambda unit: unit.retention.remove_keys(after, self._keep.keys, PIECE)
        )
        # At the end of the table it begins again: what was young may be old by then.
        self._keys_after = last or b""
        return count
