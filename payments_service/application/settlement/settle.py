"""Settling a Stripe account: list its balance transactions and book each exactly once.

Pages are read newest first, without a transaction open; what is booked already is passed over. Reading stops where
everything older is known to be booked: at the time up to which an earlier run had booked without a gap, less an overlap
for balance transactions that Stripe made visible late. Whatever there is, no more than two pages are in memory: the one
that is booked, and the next, which is read meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from payments_service.application import failpoints
from payments_service.application.follow.follower import Follower
from payments_service.application.follow.news import Wanted
from payments_service.application.follow.payments import payments_behind
from payments_service.application.operations.model import StaleAnswerError
from payments_service.application.ports import Transactions, UnitOfWork
from payments_service.application.settlement.booking import below_zero, book_rows, tell, tell_below_zero
from payments_service.application.settlement.concerns import objects_behind, transfers_to_fetch
from payments_service.application.settlement.ports import DueAccount, Sweep
from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.domain.payment.model import FINAL, ChargeModel, Payment
from payments_service.domain.settlement.kinds import Kind, kind_of
from payments_service.domain.settlement.model import BalanceTransaction

ACCOUNTS_MAX = 8
"""Accounts that are settled at the same time."""

LEASE_SECONDS = 30.0
"""How long an account is left alone when its worker is gone. A worker that is not renews it with every page."""

POSTPONE_SECONDS = 5.0
OVERLAP = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


class Settlement:
    """The settlement worker's use case."""

    def __init__(self, transactions: Transactions, stripe: Stripe, follower: Follower, sweep: Sweep) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._follower = follower
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
            reason = error.reason.value if isinstance(error, PaymentsError) else "STALE_ANSWER"
            _log.warning("settlement.failed", stripe_account=account.stripe_account, reason=reason)
            await self._transactions.run(lambda unit: unit.settlement.postpone(account, POSTPONE_SECONDS))
            return 0

    async def _settle(self, account: DueAccount) -> int:
        book_of: ConnectedAccount | None = None
        if account.stripe_account:
            book_of = await self._transactions.run(partial(_connected, account.stripe_account))
            if book_of is None:
                # Not ours, or not yet: it is marked due again when its creation is stored.
                _log.warning("settlement.unknown_account", stripe_account=account.stripe_account)
                await self._transactions.run(lambda unit: unit.settlement.settled(account, None))
                return 0
        newest: datetime | None = None
        booked = 0
        async with aclosing(self._pages(account)) as pages:
            async for page in pages:
                newest = newest or page[0].created
                booked += await self._book_page(page, book_of)
                # Renewed by the page: a long list keeps its worker, and a dead worker does not keep the account.
                await self._transactions.run(lambda unit: unit.settlement.postpone(account, LEASE_SECONDS))
        # Only now, with every page booked, is there no gap below the newest.
        await self._transactions.run(lambda unit: unit.settlement.settled(account, newest))
        return booked

    async def _pages(self, account: DueAccount) -> AsyncGenerator[list[BalanceTransaction]]:
        """The pages that may hold something new; each is read while the one before is booked."""
        since = account.settled_through - OVERLAP if account.settled_through else None
        read = partial(self._stripe.balance_transactions, account.stripe_account, since=since)
        page, more = await read(after="")
        while page:
            following = asyncio.create_task(read(after=page[-1].id)) if more else None
            try:
                yield page
                page, more = await following if following else ([], False)
            finally:
                if following is not None:
                    following.cancel()
                    await asyncio.wait([following])

    async def _book_page(self, page: Sequence[BalanceTransaction], book_of: ConnectedAccount | None) -> int:
        done, known = await self._transactions.run(partial(_booked_already, page))
        # Oldest first, so that the books read in the order in which things happened.
        new = [row for row in reversed(page) if row.id not in done]
        if not new:
            return 0
        destinations = await self._destinations(sorted(transfers_to_fetch(new, known)))
        if book_of is None:
            await self._catch_up(new)
        else:
            await self._follow(Wanted(objects=objects_behind(new)))
        rows = await self._transactions.run(lambda unit: book_rows(unit, new, book_of, destinations))
        failpoints.reached(failpoints.SETTLEMENT_AFTER_COMMIT)
        for row in rows:
            tell(row)
        if book_of is not None:
            tell_below_zero(await self._transactions.run(lambda unit: below_zero(unit, book_of)), book_of)
        return len(new)

    async def _destinations(self, transfer_ids: Sequence[str]) -> dict[str, str]:
        """Where transfers went of which only a reversal has been seen so far."""
        found = await asyncio.gather(*(self._stripe.transfer_destination(transfer) for transfer in transfer_ids))
        return dict(zip(transfer_ids, found, strict=True))

    async def _catch_up(self, transactions: Sequence[BalanceTransaction]) -> None:
        """Let what does not show yet what will be booked follow Stripe: events may never come.

        Before it is booked, since what is booked is passed over for ever after. But the books wait for nobody whom
        Stripe's answer does not suit: that is an error to look into, and the payment's own events show it too.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
            StaleAnswerError: other news of the same payments kept coming in between.
        """
        hints = {row.intent_id: row.payment_hint for row in transactions if row.intent_id}
        payments = await self._transactions.run(lambda unit: payments_behind(unit, hints))
        charges = {row.intent_id: row.source_id for row in transactions if kind_of(row) is Kind.PAID}
        behind = frozenset(name for name, payment in payments.items() if _is_behind(payment, charges.get(name)))
        refunds_of = frozenset(row.intent_id for row in transactions if kind_of(row) is Kind.REFUND) & payments.keys()
        await self._follow(Wanted(intents=behind, refunds_of=refunds_of, objects=objects_behind(transactions)))

    async def _follow(self, wanted: Wanted) -> None:
        if wanted == Wanted():
            return
        try:
            await self._follower.follow(wanted)
        except (PaymentsError, StaleAnswerError):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with a payment, its money is booked
            objects = sorted(key.id for key in wanted.objects)
            _log.exception(
                "settlement.not_followed", intents=sorted(wanted.intents | wanted.refunds_of), objects=objects
            )


def _is_behind(payment: Payment, charge_id: str | None) -> bool:
    """Whether Stripe knows more of a payment than it shows, apart from the balance transaction that is booked now.

    Args:
        payment: as it is.
        charge_id: of its charge, if the balance transaction of that is among those that are booked.
    """
    if payment.state not in FINAL:
        return True
    if payment.charge_model is ChargeModel.DESTINATION and not payment.transfer_id:
        return True
    return not payment.balance_transaction_id and payment.charge_id != charge_id


async def _booked_already(page: Sequence[BalanceTransaction], unit: UnitOfWork) -> tuple[set[str], dict[str, UUID]]:
    """Which rows of a page are booked, and the accounts that booked parents of its rows concern, by source."""
    done = await unit.settlement.booked([row.id for row in page])
    parents = {row.parent_id for row in page if row.id not in done} - {""}
    return done, await unit.settlement.accounts_of(sorted(parents))


async def _connected(stripe_account: str, unit: UnitOfWork) -> ConnectedAccount | None:
    return (await unit.accounts.by_stripe([stripe_account])).get(stripe_account)
