"""RecordEvent: make an event durable. Its effect comes later, from the worker."""

from payments_service.application.events.model import StripeEvent
from payments_service.application.ports import Transactions
from payments_service.observability.work_metrics import EVENTS_RECORDED_TOTAL


class RecordEvent:
    """Stores events in the inbox, each once."""

    def __init__(self, transactions: Transactions, *, livemode: bool) -> None:
        self._transactions = transactions
        self._livemode = livemode

    async def __call__(self, event: StripeEvent) -> bool:
        """Store an event; returns whether it was stored before.

        An event of the other mode is stored too, so that nothing signed is ever lost, and has no effect.

        Raises:
            PaymentsError: DATABASE_UNAVAILABLE: it is not stored, and Stripe must send it again.
        """
        refused = "" if event.livemode == self._livemode else "livemode does not match this service's Stripe key"
        new = await self._transactions.run(lambda unit: unit.inbox.add(event, refused=refused))
        outcome = "duplicate" if not new else "refused" if refused else "new"
        EVENTS_RECORDED_TOTAL.labels(outcome).inc()
        return not new
