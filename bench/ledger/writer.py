"""One writer: batch after batch through the ledger's own writer, each in a transaction of its own. A task of a crew."""

import random
import time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bench.latencies import Latencies
from bench.ledger.accounts import CURRENCY, code
from payments_service.config import load_settings
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.outcome import Outcome, Posted
from payments_service.domain.ledger.transaction import Posting, PostRequest
from payments_service.domain.money import Money
from payments_service.storage.engine import create_engine
from payments_service.storage.ledger.repository import LedgerRepository
from payments_service.storage.retry import retry

_AMOUNT_MAX = 1_000


async def write(
    *, url: str, size: int, accounts: int, hot: bool, warm_seconds: float, seconds: float
) -> dict[str, Any]:
    """Post for a while with one connection, one batch in flight, as a group committer does.

    Args:
        url: of the database, with the service's login.
        size: transactions a batch, one posting each.
        accounts: how many there are; postings go between two at random.
        hot: whether all of them debit account 0.
        warm_seconds: before anything counts.
        seconds: what is measured; the last batch is finished.

    Raises:
        RuntimeError: a posting was refused.
        PaymentsError: the database stays too busy.
    """
    engine = create_engine(load_settings({}).model_copy(update={"database_pool_size": 1}), url, "bench writer")
    work = _Work(engine, size, accounts, hot=hot)
    try:
        end_warm = time.perf_counter() + warm_seconds
        while time.perf_counter() < end_warm:
            await work.batch()
        counted, began, used = 0, time.perf_counter(), time.process_time()
        latencies = Latencies()
        now = began
        while now < began + seconds:
            await work.batch()
            counted += size
            before, now = now, time.perf_counter()
            latencies.add(now - before)
        used = time.process_time() - used
    finally:
        await engine.dispose()
    return {
        "per_second": counted / (now - began),
        "counted": counted,
        "cpu_seconds": used,
        "posted": work.posted,
        "retries": work.retries,
        "latencies": latencies.counts(),
    }


class _Work:
    def __init__(self, engine: AsyncEngine, size: int, accounts: int, *, hot: bool) -> None:
        self._engine = engine
        self._size = size
        self._accounts = accounts
        self._hot = hot
        self.posted = 0
        self.retries = 0

    async def batch(self) -> None:
        """Post one batch, run again as the service does when that is what its failure asks for."""
        requests = [self._request() for _ in range(self._size)]

        async def once() -> list[Outcome]:
            async with self._engine.begin() as connection:
                return await LedgerRepository(connection).post(requests)

        outcomes = await retry(once, on_retry=self._count_retry)
        refused = [outcome for outcome in outcomes if not isinstance(outcome, Posted)]
        if refused:
            raise RuntimeError(f"{len(refused)} of {self._size} postings were not posted: {refused[0]}")
        self.posted += self._size

    def _count_retry(self, _sqlstate: str) -> None:
        self.retries += 1

    def _request(self) -> PostRequest:
        debit, credit = self._pair()
        number = new_id()
        amount = Money(random.randint(1, _AMOUNT_MAX), CURRENCY)  # noqa: S311 - no secret
        return PostRequest(
            transaction_id=number,
            reference=f"caller/bench/{number}",
            postings=(Posting(code(debit), code(credit), amount),),
            actor="bench",
        )

    def _pair(self) -> tuple[int, int]:
        if self._hot:
            return 0, random.randrange(1, self._accounts)  # noqa: S311 - no secret
        debit, credit = random.sample(range(self._accounts), 2)
        return debit, credit
