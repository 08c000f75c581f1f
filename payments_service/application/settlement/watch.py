"""Watching what must not stand for long: suspense, charges that Stripe does not book, payouts under way, debts."""

from payments_service.application.ports import Transactions
from payments_service.observability import work_metrics as metrics


class WatchBooks:
    """The watch's use case: it only looks, and tells the metrics that alerts are made of."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._seen: set[tuple[str, str]] = set()

    async def run_once(self) -> int:
        """Look once; there is never more to do at once."""
        standing = await self._transactions.run(lambda unit: unit.standing.standing())
        for name, gauge, amounts in (
            ("suspense", metrics.SUSPENSE_MINOR, standing.suspense),
            ("receivable", metrics.RECEIVABLE_MINOR, standing.receivable),
        ):
            # A currency of which nothing is left shows 0, and not what it showed last.
            self._seen |= {(name, currency) for currency in amounts}
            for currency in sorted(currency for kind, currency in self._seen if kind == name):
                gauge.labels(currency).set(amounts.get(currency, 0))
        metrics.UNSETTLED_OLDEST_SECONDS.set(standing.unsettled_seconds)
        metrics.IN_TRANSIT_OLDEST_SECONDS.set(standing.in_transit_seconds)
        return 0
