"""The sequencer: gives committed rows their numbers.

Rows become visible in the order of their commits, which is neither that of their keys nor that of their times. Numbers
are given afterwards, to rows that can be seen, by one worker at a time: so whoever has read up to a number has read
everything that will ever be below it.
"""

import structlog

from payments_service.application.ports import Transactions
from payments_service.application.sequencing.model import Stream
from payments_service.observability.work_metrics import SEQUENCED_TOTAL, SEQUENCER_OLDEST_SECONDS

BATCH_MAX = 1_000
"""Events numbered in one transaction."""

TRANSACTIONS_MAX = 10_000
"""Ledger transactions numbered in one transaction, all in one statement; at least one batch of the writer's."""

_LIMITS = {Stream.OUTBOX: BATCH_MAX, Stream.LEDGER: TRANSACTIONS_MAX}

_log = structlog.get_logger(__name__)


class Sequencer:
    """The sequencer worker's use case. Any number may run: whoever finds a stream being numbered leaves it alone."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def run_once(self) -> int:
        """Number a batch of every stream; returns how many rows that were."""
        total = 0
        for stream in Stream:
            total += await self._number(stream)
        return total

    async def _number(self, stream: Stream) -> int:
        done = await self._transactions.run(lambda unit: unit.sequences.number(stream, _LIMITS[stream]))
        age_seconds = done.oldest_age.total_seconds()
        SEQUENCER_OLDEST_SECONDS.labels(stream.value).set(age_seconds)
        if done.count:
            SEQUENCED_TOTAL.labels(stream.value).inc(done.count)
            _log.info(
                "sequencer.numbered",
                stream=stream.value,
                count=done.count,
                last=done.last,
                oldest_ms=round(age_seconds * 1000, 1),
            )
        return done.count
