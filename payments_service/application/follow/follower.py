"""Fetch with no transaction open, then let everything follow in one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from payments_service.application.follow.accounts import follow_accounts
from payments_service.application.follow.disputes import follow_disputes
from payments_service.application.follow.news import Fetcher, News, Wanted
from payments_service.application.follow.objects import follow_objects
from payments_service.application.follow.payments import follow_payments
from payments_service.application.follow.payouts import follow_payouts
from payments_service.application.follow.transfers import follow_transfers
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.settlement.provisional import provisional_requests
from payments_service.domain.errors import Reason
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.ledger.transaction import PostRequest
from payments_service.domain.stripe_object.model import ObjectKey

LOOKS_MAX = 5
"""How often objects are fetched again because other news of them came in between."""

EventIds = Mapping[str | ObjectKey, Sequence[str]]
"""Stripe's ids of events, by the payment intent or the object that they are about."""

Also = Callable[[UnitOfWork], Awaitable[None]]


class Follower:
    """Moves our objects to where Stripe's are."""

    def __init__(self, transactions: Transactions, fetcher: Fetcher) -> None:
        self._transactions = transactions
        self._fetcher = fetcher

    async def follow(
        self,
        wanted: Wanted,
        *,
        event_ids: EventIds | None = None,
        began: datetime | None = None,
        also: Also | None = None,
    ) -> None:
        """Fetch what is wanted and let our objects follow in one transaction; what is not ours is passed over.

        Args:
            wanted: Stripe's ids.
            event_ids: the events that led here, by intent id or object.
            began: a database time from before now, if one is at hand.
            also: what else is to be committed with it.

        Raises:
            StaleAnswerError: other news of the same objects kept coming in between.
            PaymentsError: STRIPE_UNAVAILABLE.
        """
        for _ in range(LOOKS_MAX):
            if began is None:
                began = await self._transactions.run(lambda unit: unit.now())
            news = await self._fetcher.fetch(wanted)
            try:
                return await self._transactions.run(
                    partial(follow_news, news=news, event_ids=event_ids or {}, began=began, also=also)
                )
            except StaleAnswerError:
                began = None
        raise StaleAnswerError


async def follow_news(unit: UnitOfWork, news: News, event_ids: EventIds, began: datetime, also: Also | None) -> None:
    """Let all that there are news of follow, inside the transaction that commits it.

    Args:
        unit: the transaction.
        news: what Stripe said.
        event_ids: the events that led here, by intent id or object.
        began: database time before the news were fetched.
        also: what else is to be committed with it.

    Raises:
        StaleAnswerError: other news of the same objects came in between.
    """
    followed = await follow_payments(unit, news, event_ids, began)
    await follow_accounts(unit, news, began)
    requests: list[PostRequest] = []
    for follow in (follow_disputes, follow_payouts, follow_transfers):
        requests += await follow(unit, news, began)
    await follow_objects(unit, news, event_ids, began)
    # After what disputes set aside, which goes by the balances that were read for it.
    requests += await provisional_requests(unit, followed)
    if also is not None:
        await also(unit)
    # Ledger accounts are locked last in every transaction.
    await _post(unit, requests)


async def _post(unit: UnitOfWork, requests: Sequence[PostRequest]) -> None:
    """Post what follows from what was fetched.

    Raises:
        StaleAnswerError: what was to be set aside is not there any more.
        PaymentsError: the ledger refused it for another reason.
    """
    if not requests:
        return
    for outcome in await unit.ledger.post(requests):
        if isinstance(outcome, Refused):
            if outcome.error.reason is Reason.INSUFFICIENT_FUNDS:
                raise StaleAnswerError
            raise outcome.error
