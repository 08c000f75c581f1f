"""Fetch with no transaction open, then let everything follow in one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from payments_service.application.follow.accounts import follow_accounts
from payments_service.application.follow.news import Fetcher, News, Wanted
from payments_service.application.follow.payments import follow_payments
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.settlement.provisional import provisional_requests
from payments_service.domain.ledger.outcome import Refused

LOOKS_MAX = 5
"""How often objects are fetched again because other news of them came in between."""

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
        event_ids: Mapping[str, Sequence[str]] | None = None,
        began: datetime | None = None,
        also: Also | None = None,
    ) -> None:
        """Fetch what is wanted and let our objects follow in one transaction; what is not ours is passed over.

        Args:
            wanted: Stripe's ids.
            event_ids: the events that led here, by intent id.
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


async def follow_news(
    unit: UnitOfWork, news: News, event_ids: Mapping[str, Sequence[str]], began: datetime, also: Also | None
) -> None:
    """Let all that there are news of follow, inside the transaction that commits it.

    Args:
        unit: the transaction.
        news: what Stripe said.
        event_ids: the events that led here, by intent id.
        began: database time before the news were fetched.
        also: what else is to be committed with it.

    Raises:
        StaleAnswerError: other news of the same objects came in between.
    """
    followed = await follow_payments(unit, news, event_ids, began)
    await follow_accounts(unit, news, began)
    requests = await provisional_requests(unit, followed)
    if also is not None:
        await also(unit)
    # Ledger accounts are locked last in every transaction.
    for outcome in await unit.ledger.post(requests) if requests else ():
        if isinstance(outcome, Refused):
            raise outcome.error
