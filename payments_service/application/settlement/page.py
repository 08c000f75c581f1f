"""Booking a page of a Stripe account's balance transactions: what is new of it, after its payments have caught up."""

import asyncio
from collections.abc import Sequence
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
from payments_service.application.stripe import Stripe
from payments_service.domain.account.model import ConnectedAccount
from payments_service.domain.errors import PaymentsError
from payments_service.domain.payment.model import FINAL, ChargeModel, Payment
from payments_service.domain.settlement.kinds import Kind, kind_of
from payments_service.domain.settlement.model import BalanceTransaction

_log = structlog.get_logger(__name__)


class PageBooker:
    """Books pages, whoever has listed them."""

    def __init__(self, transactions: Transactions, stripe: Stripe, follower: Follower) -> None:
        self._transactions = transactions
        self._stripe = stripe
        self._follower = follower

    async def unbooked(self, page: Sequence[BalanceTransaction]) -> list[BalanceTransaction]:
        """What of a page is not booked yet: oldest first, so that the books read in the order in which things happened.

        Args:
            page: newest first.
        """
        done = await self._transactions.run(lambda unit: unit.settlement.booked([row.id for row in page]))
        return [row for row in reversed(page) if row.id not in done]

    async def book(self, new: Sequence[BalanceTransaction], book_of: ConnectedAccount | None) -> None:
        """Book balance transactions of one Stripe account. Those that somebody else has booked meanwhile stay so.

        Args:
            new: oldest first, at least one.
            book_of: the connected account whose they are; None for the platform's.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE, or the ledger refused a fact, which is a defect.
            StaleAnswerError: other news of the same payments kept coming in between.
        """
        known = await self._transactions.run(partial(_accounts_of_parents, new))
        destinations = await self._destinations(sorted(transfers_to_fetch(new, known)))
        await self._catch_up(new, book_of.stripe_account if book_of else "")
        rows = await self._transactions.run(lambda unit: book_rows(unit, new, book_of, destinations))
        failpoints.reached(failpoints.SETTLEMENT_AFTER_COMMIT)
        for row in rows:
            tell(row)
        if book_of is not None:
            tell_below_zero(await self._transactions.run(lambda unit: below_zero(unit, book_of)), book_of)

    async def _destinations(self, transfer_ids: Sequence[str]) -> dict[str, str]:
        """Where transfers went of which only a reversal has been seen so far."""
        found = await asyncio.gather(*(self._stripe.transfer_destination(transfer) for transfer in transfer_ids))
        return dict(zip(transfer_ids, found, strict=True))

    async def _catch_up(self, transactions: Sequence[BalanceTransaction], stripe_account: str) -> None:
        """Let what does not show yet what will be booked follow Stripe: events may never come.

        Before it is booked, since what is booked is passed over for ever after. But the books wait for nobody whom
        Stripe's answer does not suit: that is an error to look into, and the payment's own events show it too.

        Raises:
            PaymentsError: STRIPE_UNAVAILABLE.
            StaleAnswerError: other news of the same payments kept coming in between.
        """
        hints = {row.intent_id: row.payment_hint for row in transactions if row.intent_id}
        at = dict.fromkeys(hints, stripe_account) if stripe_account else {}
        payments = await self._transactions.run(lambda unit: payments_behind(unit, hints, at)) if hints else {}
        charges = {row.intent_id: row.source_id for row in transactions if kind_of(row) is Kind.PAID}
        behind = frozenset(name for name, payment in payments.items() if _is_behind(payment, charges.get(name)))
        refunds_of = frozenset(row.intent_id for row in transactions if kind_of(row) is Kind.REFUND) & payments.keys()
        objects = objects_behind(transactions)
        at = {name: account for name, account in at.items() if name in behind | refunds_of}
        await self._follow(Wanted(intents=behind, refunds_of=refunds_of, objects=objects, at=at))

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


async def _accounts_of_parents(new: Sequence[BalanceTransaction], unit: UnitOfWork) -> dict[str, UUID]:
    """The connected accounts that booked parents of balance transactions concern, by source."""
    return await unit.settlement.accounts_of(sorted({row.parent_id for row in new} - {""}))
