"""How much waits in the inbox, as gauges."""

from payments_service.application.ports import Transactions
from payments_service.observability.work_metrics import INBOX_DEAD, INBOX_OLDEST_SECONDS, INBOX_PENDING


class WatchInbox:
    """Reads the inbox's depth now and then; the query reads nothing but what waits."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def run_once(self) -> int:
        """Set the gauges; returns 0: there is never more to do at once."""
        depth = await self._transactions.run(lambda unit: unit.event_queue.depth())
        INBOX_PENDING.set(depth.pending)
        INBOX_OLDEST_SECONDS.set(depth.oldest_seconds)
        INBOX_DEAD.set(depth.dead)
        return 0
