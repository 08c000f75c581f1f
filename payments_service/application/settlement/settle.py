"""Settling a Stripe account: list its balance transactions and book each exactly once.

Pages are read newest first, without a transaction open; what is booked already is passed over. Reading stops where
everything older is known to be booked: at the time up to which an earlier run had booked without a gap, less an overlap
for balance transactions that Stripe made visible late.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from payments_service.application import failpoints
from payments_service.application.follow.follower import Follower
from payments_service.application.follow.news import Wanted
from payments_service.application.follow.payments import payments_behind
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Booked, DueAccount, Sweep, Transactions, UnitOfWork
from payments_service.application.settlement.concerns import concerns_of, transfers_to_fetch
from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.domain.ids import new_id
from payments_service.domain.ledger.outcome import Refused
from payments_service.domain.payment.model import FINAL
from payments_service.domain.settlement.model import BalanceTransaction
from payments_service.domain.settlement.recipe import REFUNDS, Booking, Concern, book
from payments_service.observability.work_metrics import SETTLED_TOTAL

ACCOUNTS_MAX = 4
LEASE_SECONDS = 120.0
POSTPONE_SECONDS = 5.0
OVERLAP = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    """A balance transaction, what it is about, and how it is booked."""

    transaction: BalanceTransaction
    concern: Concern
    booking: Booking


class Settlement:
    """The settlement worker's use case."""

    def __init__(self, transactions: Transactions, stripe: Stripe, follower: Follower, sweep: Sweep) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._follower = follower
        self._sweep = sweep

    async def run_once(self) -> int:
        """Settle the accounts that are due; returns how many balance transactions were booked.

        An account that fails keeps its mark and is tried again when its lease has run out.
        """
        accounts = await self._transactions.run(
            lambda unit: unit.settlement.lease_due(ACCOUNTS_MAX, LEASE_SECONDS, self._sweep),
        )
        booked = 0
        for account in accounts:
            try:
                booked += await self._settle(account)
            except (PaymentsError, StaleAnswerError) as error:
                reason = error.reason.value if isinstance(error, PaymentsError) else "STALE_ANSWER"
                _log.warning("settlement.failed", stripe_account=account.stripe_account, reason=reason)
                await self._transactions.run(partial(_postpone, account))
        return booked

    async def _settle(self, account: DueAccount) -> int:
        book_of: ConnectedAccount | None = None
        if account.stripe_account:
            book_of = await self._transactions.run(partial(_connected, account.stripe_account))
            if book_of is None:
                # Not ours, or not yet: it is marked due again when its creation is stored.
                _log.warning("settlement.unknown_account", stripe_account=account.stripe_account)
                await self._transactions.run(lambda unit: unit.settlement.settled(account, None))
                return 0
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
            booked += await self._book_page(page, book_of)
        # Only now, with every page booked, is there no gap below the newest.
        await self._transactions.run(lambda unit: unit.settlement.settled(account, newest))
        return booked

    async def _book_page(self, page: Sequence[BalanceTransaction], book_of: ConnectedAccount | None) -> int:
        done, known = await self._transactions.run(partial(_booked_already, page))
        # Oldest first, so that the books read in the order in which things happened.
        new = [row for row in reversed(page) if row.id not in done]
        if not new:
            return 0
        destinations = await self._destinations(sorted(transfers_to_fetch(new, known)))
        if book_of is None:
            await self._catch_up(new)
        rows = await self._transactions.run(lambda unit: _book(unit, new, book_of, destinations))
        failpoints.reached(failpoints.SETTLEMENT_AFTER_COMMIT)
        for row in rows:
            _count(row)
        return len(new)

    async def _destinations(self, transfer_ids: Sequence[str]) -> dict[str, str]:
        """Where transfers went of which only a reversal has been seen so far."""
        found = await asyncio.gather(*(self._stripe.transfer_destination(transfer) for transfer in transfer_ids))
        return dict(zip(transfer_ids, found, strict=True))

    async def _catch_up(self, transactions: Sequence[BalanceTransaction]) -> None:
        """Let payments and refunds that do not show yet what will be booked follow Stripe: events may never come.

        Before it is booked, since what is booked is passed over for ever after. But the books wait for nobody whom
        Stripe's answer does not suit: that is an error to look into, and the payment's own events show it too.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
            StaleAnswerError: other news of the same payments kept coming in between.
        """
        hints = {row.intent_id: row.payment_hint for row in transactions if row.intent_id}
        payments = await self._transactions.run(lambda unit: payments_behind(unit, hints))
        behind = frozenset(
            intent_id
            for intent_id, payment in payments.items()
            if payment.state not in FINAL or not payment.balance_transaction_id
        )
        refunds_of = frozenset(row.intent_id for row in transactions if row.type in REFUNDS) & payments.keys()
        if not behind and not refunds_of:
            return
        try:
            await self._follower.follow(Wanted(intents=behind, refunds_of=refunds_of))
        except (PaymentsError, StaleAnswerError):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with a payment, its money is booked
            _log.exception("settlement.not_followed", intents=sorted(behind | refunds_of))


async def _book(
    unit: UnitOfWork,
    transactions: Sequence[BalanceTransaction],
    book_of: ConnectedAccount | None,
    destinations: dict[str, str],
) -> list[_Row]:
    """Book balance transactions of one Stripe account, oldest first."""
    concerns = await concerns_of(unit, transactions, book_of, destinations)
    rows = [
        _Row(transaction, concern, book(transaction, concern, new_id()))
        for transaction, concern in zip(transactions, concerns, strict=True)
    ]
    if book_of is None:
        # What the platform sends to connected accounts moves their balances too.
        moved = {row.concern.account.stripe_account for row in rows if row.concern.account}
        await unit.settlement.mark_due(sorted(moved - {""}))
    posted: dict[str, UUID] = {}
    for outcome in await unit.ledger.post([row.booking.request for row in rows if row.booking.request]):
        if isinstance(outcome, Refused):
            raise outcome.error
        posted[outcome.transaction.reference] = outcome.transaction.id
    await unit.settlement.add(
        [
            Booked(
                transaction=row.transaction,
                payment_id=row.concern.payment.id if row.concern.payment else None,
                account_id=row.concern.account.id if row.concern.account else None,
                ledger_transaction_id=posted.get(row.transaction.reference),
            )
            for row in rows
        ]
    )
    failpoints.reached(failpoints.SETTLEMENT_BEFORE_COMMIT)
    return rows


async def _booked_already(page: Sequence[BalanceTransaction], unit: UnitOfWork) -> tuple[set[str], dict[str, UUID]]:
    """Which rows of a page are booked, and the accounts that booked parents of its rows concern, by source."""
    done = await unit.settlement.booked([row.id for row in page])
    parents = {row.parent_id for row in page if row.id not in done} - {""}
    return done, await unit.settlement.accounts_of(sorted(parents))


async def _connected(stripe_account: str, unit: UnitOfWork) -> ConnectedAccount | None:
    return (await unit.accounts.by_stripe([stripe_account])).get(stripe_account)


async def _postpone(account: DueAccount, unit: UnitOfWork) -> None:
    await unit.settlement.postpone(account, POSTPONE_SECONDS)


def _count(row: _Row) -> None:
    transaction, booking = row.transaction, row.booking
    SETTLED_TOTAL.labels(transaction.type, "suspense" if booking.in_suspense else _kind(booking)).inc()
    log = _log.bind(
        balance_transaction_id=transaction.id,
        type=transaction.type,
        counter=booking.counter.code,
        stripe_account=transaction.stripe_account,
    )
    if booking.in_suspense:
        log.error("settlement.suspense", intent_id=transaction.intent_id, known_payment=row.concern.payment is not None)
    else:
        log.info("settlement.booked")


def _kind(booking: Booking) -> str:
    """The counter account as a metric's label: without currency and ids, so that labels stay few."""
    return ":".join(part for part in booking.counter.code.split(":")[:-1] if not part.startswith("acn_"))
