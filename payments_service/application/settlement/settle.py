"""Settling a Stripe account: list its balance transactions and book each exactly once.

Pages are read newest first, without a transaction open; what is booked already is passed over. Reading stops where
everything older is known to be booked: at the time up to which an earlier run had booked without a gap, less an overlap
for balance transactions that Stripe made visible late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from payments_service.application.payments.refresh import IntentFollower, payments_behind
from payments_service.application.ports import DueAccount, Stripe, Transactions, UnitOfWork
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.payment.model import FINAL, Payment
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.settlement.recipe import Booking, book
from payments_service.observability.work_metrics import SETTLED_TOTAL

ACCOUNTS_MAX = 4
LEASE_SECONDS = 120.0
POSTPONE_SECONDS = 5.0
OVERLAP = timedelta(minutes=10)

_log = structlog.get_logger(__name__)

_Booked = tuple[BalanceTransaction, Payment | None, Booking]


class Settlement:
    """The settlement worker's use case."""

    def __init__(
        self, transactions: Transactions, stripe: Stripe, follower: IntentFollower, sweep_seconds: float
    ) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._follower = follower
        self._sweep_seconds = sweep_seconds

    async def run_once(self) -> int:
        """Settle the accounts that are due; returns how many balance transactions were booked.

        An account that fails keeps its mark and is tried again when its lease has run out.
        """
        accounts = await self._transactions.run(
            lambda unit: unit.settlement.lease_due(ACCOUNTS_MAX, LEASE_SECONDS, self._sweep_seconds),
        )
        booked = 0
        for account in accounts:
            try:
                booked += await self._settle(account)
            except PaymentsError as error:
                _log.warning("settlement.failed", stripe_account=account.stripe_account, reason=error.reason.value)
                await self._transactions.run(partial(_postpone, account))
        return booked

    async def _settle(self, account: DueAccount) -> int:
        since = account.settled_through - OVERLAP if account.settled_through else None
        newest: datetime | None = None
        after = ""
        booked = 0
        more = True
        while more:
            page, more = await self._stripe.balance_transactions(account.stripe_account, since=since, after=after)
            if not page:
                break
            newest = newest or page[0].created
            after = page[-1].id
            booked += await self._book_page(page)
        # Only now, with every page booked, is there no gap below the newest.
        await self._transactions.run(lambda unit: unit.settlement.settled(account, newest))
        return booked

    async def _book_page(self, page: Sequence[BalanceTransaction]) -> int:
        done = await self._transactions.run(lambda unit: unit.settlement.booked([row.id for row in page]))
        # Oldest first, so that the books read in the order in which things happened.
        new = [row for row in reversed(page) if row.id not in done]
        if not new:
            return 0
        bookings = await self._transactions.run(lambda unit: self._book(unit, new))
        for row, payment, booking in bookings:
            _count(row, payment, booking)
        await self._catch_up(bookings)
        return len(new)

    async def _book(self, unit: UnitOfWork, rows: Sequence[BalanceTransaction]) -> "list[_Booked]":
        """Book rows, each with the payment it is about."""
        payments = await payments_behind(unit, {row.intent_id: row.payment_hint for row in rows if row.intent_id})
        bookings = [
            (row, payment, book(row, payment, new_id())) for row in rows for payment in (payments.get(row.intent_id),)
        ]
        outcomes = await unit.ledger.post([booking.request for _, _, booking in bookings if booking.request])
        posted: dict[str, UUID] = {}
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                raise outcome.error
            posted[outcome.transaction.reference] = outcome.transaction.id
        await unit.settlement.add(
            [(row, payment.id if payment else None, posted.get(row.reference)) for row, payment, _ in bookings]
        )
        return bookings

    async def _catch_up(self, bookings: "list[_Booked]") -> None:
        """Let payments that do not show yet that they are paid follow their intents: events may never come."""
        behind = {
            row.intent_id
            for row, payment, _ in bookings
            if payment is not None and (payment.state not in FINAL or not payment.balance_transaction_id)
        }
        if behind:
            await self._follower.follow(behind)


async def _postpone(account: DueAccount, unit: UnitOfWork) -> None:
    await unit.settlement.postpone(account, POSTPONE_SECONDS)


def _count(row: BalanceTransaction, payment: Payment | None, booking: Booking) -> None:
    SETTLED_TOTAL.labels(row.type, "suspense" if booking.in_suspense else booking.counter.code.rpartition(":")[0]).inc()
    log = _log.bind(balance_transaction_id=row.id, type=row.type, counter=booking.counter.code)
    if booking.in_suspense:
        log.error("settlement.suspense", intent_id=row.intent_id, known_payment=payment is not None)
    else:
        log.info("settlement.booked")
