"""Listing balance transactions once more when they are ten minutes old: Stripe may have shown some of them late.

Settling reads from the newest down, and no further than it must. So each stretch of an account's time is listed a
second time, once Stripe has had its time to show what belongs there, and what is missing is booked. An account where
nothing moves is not asked about.
"""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions
from payments_service.application.settlement.page import PageBooker
from payments_service.application.settlement.ports import Stretch
from payments_service.application.settlement.settle import OVERLAP, connected, reason_of
from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.observability.work_metrics import FOUND_LATE_TOTAL

ACCOUNTS_MAX = 4
"""Accounts whose turn may come at once."""

EVERY = timedelta(minutes=1)
"""How often an account's turn comes while it moves; one that fails is tried again then."""

_log = structlog.get_logger(__name__)


class Recheck:
    """The use case of the worker that lists everything a second time."""

    def __init__(self, transactions: Transactions, stripe: Stripe, pages: PageBooker) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._pages = pages

    async def run_once(self) -> int:
        """Look through the accounts whose turn it is; returns how many there were."""
        stretches = await self._transactions.run(
            lambda unit: unit.settlement.lease_rechecks(ACCOUNTS_MAX, every=EVERY, age=OVERLAP)
        )
        await asyncio.gather(*(self._attempt(stretch) for stretch in stretches))
        return len(stretches)

    async def _attempt(self, stretch: Stretch) -> None:
        try:
            found = await self._look_through(stretch)
        except (PaymentsError, StaleAnswerError) as error:
            _log.warning("settlement.not_rechecked", stripe_account=stretch.stripe_account, reason=reason_of(error))
            return
        if found:
            _log.warning("settlement.found_late", stripe_account=stretch.stripe_account, transactions=found)
            FOUND_LATE_TOTAL.inc(found)

    async def _look_through(self, stretch: Stretch) -> int:
        book_of: ConnectedAccount | None = None
        if stretch.stripe_account:
            book_of = await self._transactions.run(partial(connected, stretch.stripe_account))
            if book_of is None:
                return 0
        found, after, more = 0, "", True
        while more:
            page, more = await self._stripe.balance_transactions(
                stretch.stripe_account, since=stretch.since, through=stretch.through, after=after
            )
            if not page:
                break
            after = page[-1].id
            if new := await self._pages.unbooked(page):
                await self._pages.book(new, book_of)
                found += len(new)
        # Only now, with every page looked through, is nothing missing before that time.
        await self._transactions.run(lambda unit: unit.settlement.rechecked(stretch.stripe_account, stretch.through))
        return found
