"""Settling a Stripe account: list its balance transactions and book each exactly once.

Pages are read newest first, without a transaction open; what is booked already is passed over. Reading stops at the
first page that has nothing new and reaches below the time up to which an earlier run had booked without a gap, so that
a run costs what is new and one page, however much an account moves. What Stripe made visible late, further down, is
found by `recheck`. Whatever there is, no more than two pages are in memory: the one that is booked, and the next, which
is read meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.settlement.page import PageBooker
from payments_service.application.settlement.ports import DueAccount, Sweep
from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.domain.settlement.model import BalanceTransaction

ACCOUNTS_MAX = 8
"""Accounts that are settled at the same time."""

LEASE_SECONDS = 30.0
"""How long an account is left alone when its worker is gone. A worker that is not renews it with every page."""

POSTPONE_SECONDS = 5.0
OVERLAP = timedelta(minutes=10)
"""How late Stripe may show a balance transaction without it being missed."""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Settlement:
    """The settlement worker's use case."""

    def __init__(self, transactions: Transactions, stripe: Stripe, pages: PageBooker, sweep: Sweep) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._pages = pages
        self._sweep = sweep

    async def run_once(self) -> int:
        """Settle the accounts that are due; returns how many balance transactions were booked.

        An account that fails keeps its mark and is tried again after a pause; the others are settled all the same.
        """
        accounts = await self._transactions.run(
            lambda unit: unit.settlement.lease_due(ACCOUNTS_MAX, LEASE_SECONDS, self._sweep),
        )
        booked = await asyncio.gather(*(self._attempt(account) for account in accounts), return_exceptions=True)
        for result in booked:
            if isinstance(result, BaseException):
                raise result
        return sum(result for result in booked if isinstance(result, int))

    async def _attempt(self, account: DueAccount) -> int:
        try:
            return await self._settle(account)
        except (PaymentsError, StaleAnswerError) as error:
            _log.warning("settlement.failed", stripe_account=account.stripe_account, reason=reason_of(error))
            await self._transactions.run(lambda unit: unit.settlement.postpone(account, POSTPONE_SECONDS))
            return 0

    async def _settle(self, account: DueAccount) -> int:
        book_of: ConnectedAccount | None = None
        if account.stripe_account:
            book_of = await self._transactions.run(partial(connected, account.stripe_account))
            if book_of is None:
                # Not ours, or not yet: it is marked due again when its creation is stored.
                _log.warning("settlement.unknown_account", stripe_account=account.stripe_account)
                await self._transactions.run(lambda unit: unit.settlement.settled(account, None, None))
                return 0
        newest, booked = await self._read_down(account, book_of)
        # Only now, with every page booked, is there no gap below the newest.
        recheck_from = newest - OVERLAP if newest else None
        await self._transactions.run(lambda unit: unit.settlement.settled(account, newest, recheck_from))
        return booked

    async def _read_down(self, account: DueAccount, book_of: ConnectedAccount | None) -> tuple[datetime | None, int]:
        """Book what is new from the newest down; returns when the newest was created, and how many were booked."""
        since = account.settled_through - OVERLAP if account.settled_through else None
        read = partial(self._stripe.balance_transactions, account.stripe_account, since=since)
        page, more = await read(after="")
        newest = page[0].created if page else None
        booked = 0
        while page:
            new = await self._pages.unbooked(page)
            if not new and _reaches_below(account.settled_through, page):
                break
            if not more:
                booked += await self._book(new, book_of)
                break
            async with meanwhile(read(after=page[-1].id)) as following:
                booked += await self._book(new, book_of)
                # Renewed by the page: a long list keeps its worker, and a dead worker does not keep the account.
                await self._transactions.run(lambda unit: unit.settlement.postpone(account, LEASE_SECONDS))
                page, more = await following
        return newest, booked

    async def _book(self, new: list[BalanceTransaction], book_of: ConnectedAccount | None) -> int:
        if new:
            await self._pages.book(new, book_of)
        return len(new)


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Do something beside the body, and give it up with it."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


def reason_of(error: PaymentsError | StaleAnswerError) -> str:
    """What the log calls a failure."""
    return error.reason.value if isinstance(error, PaymentsError) else "STALE_ANSWER"


async def connected(stripe_account: str, unit: UnitOfWork) -> ConnectedAccount | None:
    """The connected account of a Stripe account, if it is one of ours."""
    return (await unit.accounts.by_stripe([stripe_account])).get(stripe_account)


def _reaches_below(settled_through: datetime | None, page: list[BalanceTransaction]) -> bool:
    """Whether all that is older was listed by an earlier run. Of the last second of that one, more may have come."""
    return settled_through is not None and page[-1].created < settled_through
